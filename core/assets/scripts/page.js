// What the other parts share: making elements, moving the focus, taking over a page the server answered with.
import htmx from "htmx.org/dist/htmx.esm.js";

/** An element with properties and children. */
export function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** After a refused form the reader stands before the list of faults. */
export function focusFaults(root) {
  root.querySelector("[data-focus]")?.focus();
}

let replaced = false;

/** Shows a document that arrived in place of this one, as if the browser had gone to `address`. */
export function show(arrived, address) {
  if (address !== location.href) {
    history.pushState(null, "", address);
    replaced = true;
  }
  document.title = arrived.title;
  document.body.replaceChildren(...arrived.body.childNodes);
  htmx.process(document.body);
  window.scrollTo(0, 0);
  if (document.querySelector("[data-focus]")) focusFaults(document);
  else document.querySelector("main")?.focus();
}

// The way back leads to a page that is no longer in this document.
window.addEventListener("popstate", () => replaced && location.reload());
