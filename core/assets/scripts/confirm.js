// <form data-confirm="…" data-confirm-yes="…" data-confirm-no="…"> asks once before it is sent.
import { make } from "./page.js";

const confirmed = new WeakSet();

function ask(form, button) {
  const { confirm: question, confirmYes: yes, confirmNo: no } = form.dataset;
  const text = make("p", { id: "confirm-question", textContent: question });
  const tone = button?.classList.contains("btn-danger") ? "danger" : "primary";
  const refuse = make("button", { type: "button", className: "btn btn-outline-primary", textContent: no });
  const agree = make("button", { type: "button", className: `btn btn-${tone}`, textContent: yes });
  const dialog = make("dialog", {}, text, make("div", { className: "actions" }, agree, refuse));
  dialog.setAttribute("aria-labelledby", text.id);
  refuse.autofocus = true;
  refuse.addEventListener("click", () => dialog.close());
  agree.addEventListener("click", () => dialog.close("yes"));
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue === "yes") send(form, button);
  });
  document.body.append(dialog);
  dialog.showModal();
}

function send(form, button) {
  confirmed.add(form);
  form.requestSubmit(button);
  confirmed.delete(form);
}

// Before all others: nobody sends a form that has not been confirmed.
window.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.dataset.confirm || confirmed.has(form)) return;
    event.preventDefault();
    event.stopPropagation();
    ask(form, event.submitter);
  },
  { capture: true },
);
