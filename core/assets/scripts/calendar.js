// The calendar itself, brought by calendars.js. All times are those of Asia/Shanghai, wherever the machine stands.
import { Calendar } from "fullcalendar";
import dayGrid from "fullcalendar/daygrid";
import interaction from "fullcalendar/interaction";
import zhCn from "fullcalendar/locales/zh-cn";
import classic from "fullcalendar/themes/classic";
import timeGrid from "fullcalendar/timegrid";

const ZONE = "Asia/Shanghai";
const NARROW_PIXELS = 640;
const DAYS_NARROW = 3;
const UNIT = { style: "unit", unit: "day", unitDisplay: "long" };
const MINUTES = 16; // the length of 2026-03-02T09:00

/** The element named by a data attribute of the calendar. */
function field(element, name) {
  const selector = element.dataset[name];
  return selector ? document.querySelector(selector) : null;
}

async function fetched(url, { startStr, endStr }) {
  const address = new URL(url, location.href);
  address.searchParams.set("from", startStr);
  address.searchParams.set("to", endStr);
  const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${address.pathname} answered ${answer.status}`);
  return answer.json();
}

function shown(element, { start, end, title, kind, busy }) {
  const name = element.dataset[`label${kind.replace(/(^|_)(\w)/g, (_, __, letter) => letter.toUpperCase())}`];
  return {
    start,
    end,
    title: [...new Set([name, title])].filter(Boolean).join(" · "),
    className: `event-${kind.replace("_", "-")}`,
    extendedProps: { busy: busy !== false },
  };
}

/** Both inputs take the wall time of what was chosen, and say that they changed. */
function choose(inputs, startStr, endStr) {
  const times = [startStr, endStr];
  inputs.forEach((input, number) => (input.value = times[number].slice(0, MINUTES)));
  inputs.forEach((input) => input.dispatchEvent(new Event("change", { bubbles: true })));
}

export function draw(element) {
  const { events, lang, from, to } = element.dataset;
  const inputs = [field(element, "selectStart"), field(element, "selectEnd")].filter(Boolean);
  const days = element.clientWidth < NARROW_PIXELS ? "threeDays" : "timeGridWeek";
  const stage = document.createElement("div");
  const fault = document.createElement("p");
  fault.className = "field-fault";
  fault.setAttribute("role", "alert");
  fault.hidden = true;
  fault.textContent = element.dataset.failed;
  element.append(fault, stage);
  const calendar = new Calendar(stage, {
    plugins: [dayGrid, timeGrid, interaction, classic],
    locales: [zhCn],
    locale: lang?.startsWith("zh") ? "zh-cn" : "en-gb",
    timeZone: ZONE,
    firstDay: 1,
    initialView: days,
    views: {
      timeGrid: { dayHeaderFormat: { month: "numeric", day: "numeric", weekday: "short" } },
      threeDays: { type: "timeGrid", duration: { days: DAYS_NARROW } },
    },
    buttons: { threeDays: { text: new Intl.NumberFormat(lang, UNIT).format(DAYS_NARROW) } },
    headerToolbar: { start: "prev,next today", center: "title", end: `${days},dayGridMonth` },
    initialDate: inputs[0]?.value || from || undefined,
    validRange: from || to ? { start: from, end: to } : undefined,
    height: "auto",
    allDaySlot: false,
    slotMinTime: element.dataset.opens ?? "07:00:00",
    slotMaxTime: element.dataset.closes ?? "22:00:00",
    slotDuration: "00:30:00",
    nowIndicator: true,
    dayMaxEvents: true,
    selectable: inputs.length === 2,
    selectMirror: true,
    unselectAuto: false,
    longPressDelay: 300,
    selectOverlap: (event) => !event.extendedProps.busy,
    select: ({ startStr, endStr, allDay }) => allDay || choose(inputs, startStr, endStr),
    dateClick: ({ view, dateStr }) => view.type === "dayGridMonth" && calendar.changeView(days, dateStr),
    events: (span, succeed, fail) => {
      fetched(events, span).then(
        (found) => {
          fault.hidden = true;
          succeed(found.map((event) => shown(element, event)));
        },
        (error) => {
          fault.hidden = false;
          fail(error);
        },
      );
    },
  });
  calendar.render();
}
