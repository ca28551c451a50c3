// A chart to work with, brought by charts.js: drawn from a table of the page, series switched by the legend.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

echarts.use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

const COLOURS = ["#0b5a6b", "#b4640e", "#3d4c8f", "#7d6bb3", "#71828b", "#17582f"];
const INK = "#1b2a32";

/** The number of a cell: its data-value, or its text without separators and signs of currency. */
function number(cell) {
  return Number(cell.dataset.value ?? cell.textContent.replace(/[^\d.-]/g, ""));
}

/** The first column of a table as categories, the others as series. */
function read(table) {
  const rows = [...table.tBodies[0].rows];
  const [, ...names] = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  return {
    categories: rows.map((row) => row.cells[0].textContent.trim()),
    series: names.map((name, column) => ({ name, data: rows.map((row) => number(row.cells[column + 1])) })),
  };
}

export function draw(stage, table, kind) {
  const { categories, series } = read(table);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const font = { fontFamily: getComputedStyle(stage).fontFamily, fontSize: 14, color: INK };
  const chart = echarts.init(stage, null, { renderer: "svg" });
  chart.setOption({
    color: COLOURS,
    textStyle: font,
    animation: !still,
    aria: { enabled: true, decal: { show: series.length > 1 } },
    grid: { left: 8, right: 16, top: 48, bottom: 8, containLabel: true },
    legend: { top: 0, textStyle: font },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
    xAxis: { type: "category", data: categories, axisLabel: { ...font, hideOverlap: true } },
    yAxis: { type: "value", axisLabel: font },
    series: series.map((each) => ({ ...each, type: kind })),
  });
  new ResizeObserver(() => chart.resize()).observe(stage);
}
