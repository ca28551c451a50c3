// What every page loads. Each part only betters a page that works without it.
import htmx from "htmx.org/dist/htmx.esm.js";

import "./confirm.js";
import "./small.js";
import "./upload.js";
import { openCharts } from "./charts.js";
import { openCalendars } from "./calendars.js";
import { focusFaults } from "./page.js";

function enhance(root) {
  openCharts(root);
  openCalendars(root);
}

// htmx says so for the page itself, and for every fragment that arrives later.
htmx.onLoad(enhance);
document.addEventListener("DOMContentLoaded", () => focusFaults(document));
