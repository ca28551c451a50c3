// <div data-calendar data-open="…" data-failed="…"> gets a button that brings the calendar. Who has opened one before
// has the library already and sees it at once.
import { script, style } from "./later.js";
import { make } from "./page.js";

const REMEMBERED = "calendar-opened";

async function open(element, waiting) {
  waiting.textContent = element.dataset.loading;
  try {
    await Promise.all([style("calendar.css"), script("calendar.js")]);
  } catch (fault) {
    waiting.textContent = element.dataset.failed;
    throw fault;
  }
  localStorage.setItem(REMEMBERED, "yes");
  waiting.remove();
  window.marketCalendar.draw(element);
}

function prepare(element) {
  element.dataset.prepared = "";
  const waiting = make("p", { className: "calendar-waiting" });
  waiting.setAttribute("role", "status");
  element.replaceChildren(waiting);
  if (localStorage.getItem(REMEMBERED)) {
    open(element, waiting);
    return;
  }
  const button = make("button", { type: "button", className: "btn btn-outline-primary", textContent: element.dataset.open });
  button.addEventListener("click", () => {
    button.remove();
    open(element, waiting);
  });
  waiting.before(button);
}

export function openCalendars(root) {
  const found = [...root.querySelectorAll("[data-calendar]:not([data-prepared])")];
  if (root.matches?.("[data-calendar]:not([data-prepared])")) found.push(root);
  found.forEach(prepare);
}
