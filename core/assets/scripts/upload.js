// <form data-upload> sends its files with visible progress and can be cancelled. The server answers as it does to any
// form: with another page after success, with the same form and its faults after a refusal; a page without the form
// (too large, no longer signed in) is told in its heading, and what was typed stays.
import { make, show } from "./page.js";

const SPOKEN_PERCENT = 25;

function hasFiles(form) {
  return [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length > 0);
}

/** The files chosen before are chosen again in the form that came back. */
function keepFiles(chosen) {
  for (const [name, files] of chosen) {
    const input = document.querySelector(`input[type=file][name="${CSS.escape(name)}"]`);
    if (input) input.files = files;
  }
}

function stateOf(form) {
  const said = make("p");
  const percent = make("output", { textContent: "0 %" });
  const bar = make("progress", { max: 100, value: 0, ariaLabel: form.dataset.uploadLabel });
  const cancel = make("button", {
    type: "button",
    className: "btn btn-outline-primary",
    textContent: form.dataset.uploadCancel,
  });
  said.setAttribute("role", "status");
  percent.setAttribute("aria-live", "off");
  form.querySelector(".upload-state")?.remove();
  const box = make("div", { className: "upload-state" }, said, bar, percent, cancel);
  form.append(box);
  return { box, said, bar, percent, cancel };
}

function upload(form, submitter) {
  const data = new FormData(form, submitter);
  const chosen = [...form.querySelectorAll("input[type=file]")].map((input) => [input.name, input.files]);
  const buttons = form.querySelectorAll("button, input[type=submit]");
  const { box, said, bar, percent, cancel } = stateOf(form);
  const asked = new XMLHttpRequest();
  let spoken = -1;

  const progress = (part) => {
    bar.value = part;
    percent.textContent = `${part} %`;
    if (Math.floor(part / SPOKEN_PERCENT) === spoken) return;
    spoken = Math.floor(part / SPOKEN_PERCENT);
    said.textContent = `${form.dataset.uploadLabel} ${part} %`;
  };
  const free = () => buttons.forEach((button) => (button.disabled = false));
  const fail = (text) => {
    free();
    box.dataset.failed = "";
    percent.textContent = "";
    said.textContent = text || form.dataset.uploadFailed;
    cancel.remove();
  };

  asked.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) progress(Math.floor((event.loaded * 100) / event.total));
  });
  asked.addEventListener("load", () => {
    const arrived = new DOMParser().parseFromString(asked.responseText, "text/html");
    if (asked.status < 400) show(arrived, asked.responseURL);
    else if (arrived.querySelector("form[data-upload]")) {
      show(arrived, location.href);
      keepFiles(chosen);
    } else fail(arrived.querySelector("h1")?.textContent.trim());
  });
  asked.addEventListener("error", () => fail());
  asked.addEventListener("abort", () => {
    free();
    box.remove();
  });
  cancel.addEventListener("click", () => asked.abort());

  buttons.forEach((button) => (button.disabled = true));
  progress(0);
  asked.open(form.method, form.action);
  asked.setRequestHeader("Accept", "text/html");
  asked.send(data);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-upload]") || !hasFiles(form)) return;
  event.preventDefault();
  upload(form, event.submitter);
});
