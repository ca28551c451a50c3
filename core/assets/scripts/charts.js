// <figure data-chart data-source="#table" data-open="…" data-failed="…"> gets a button that draws the table beside it
// as a chart one can work with.
import { script } from "./later.js";
import { make } from "./page.js";

async function open(figure, button) {
  button.disabled = true;
  try {
    await script("chart.js");
  } catch (fault) {
    button.disabled = false;
    button.after(make("p", { className: "field-fault", textContent: figure.dataset.failed }));
    throw fault;
  }
  const stage = make("div", { className: "chart-stage" });
  button.replaceWith(stage);
  window.marketChart.draw(stage, document.querySelector(figure.dataset.source), figure.dataset.kind ?? "bar");
}

export function openCharts(root) {
  for (const figure of root.querySelectorAll("[data-chart]:not([data-prepared])")) {
    figure.dataset.prepared = "";
    const button = make("button", {
      type: "button",
      className: "btn btn-outline-primary no-print",
      textContent: figure.dataset.open,
    });
    button.addEventListener("click", () => open(figure, button));
    figure.append(button);
  }
}
