// What every page loads. Each part only betters a page that works without it.
import htmx from "htmx.org/dist/htmx.esm.js";

window.htmx = htmx;
console.log(LATER);
