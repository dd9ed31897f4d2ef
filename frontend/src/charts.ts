// The charts of the reports. Their own bundle, since no other page needs it. The numbers stand in a
// table beside each chart; colours come from the style sheet, so that they follow the theme.
// Drawn on a canvas, and hints as drawn text: the content security policy allows no inline styles.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type ECharts } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

interface Series {
  name: string;
  kind: "bar" | "line";
  values: number[];
  texts: string[];
}

interface Figure {
  labels: string[];
  series: Series[];
  isAcross: boolean;
}

const drawn = new Map<HTMLElement, ECharts>();

function ink(root: HTMLElement, name: string): string {
  const probe = root.parentElement?.querySelector(`[data-ink="${name}"]`);
  return probe ? getComputedStyle(probe).color : "";
}

function option(root: HTMLElement, figure: Figure): Record<string, unknown> {
  const [text, quiet, rule] = ["text", "quiet", "rule"].map((name) => ink(root, name));
  const font = getComputedStyle(root).fontFamily;
  const axisLine = { lineStyle: { color: rule } };
  const names = {
    type: "category",
    data: figure.labels,
    inverse: figure.isAcross,
    axisLine,
    axisTick: { show: false },
    axisLabel: { color: quiet, fontFamily: font, hideOverlap: true, width: 140, overflow: "truncate" },
  };
  const values = figure.series.map((one, place) => ({
    type: "value",
    name: one.name,
    nameTextStyle: { color: quiet, fontFamily: font, align: place ? "right" : "left" },
    nameLocation: figure.isAcross ? "middle" : "end",
    nameGap: figure.isAcross ? 28 : 15,
    minInterval: one.kind === "bar" && !figure.isAcross ? 1 : 0,
    axisLabel: { color: quiet, fontFamily: font, hideOverlap: true },
    splitLine: { show: place === 0, ...axisLine },
    splitNumber: 4,
  }));
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 150,
    textStyle: { fontFamily: font, color: text },
    legend: { show: figure.series.length > 1, top: 0, textStyle: { color: text, fontFamily: font } },
    grid: {
      left: 8,
      right: 24,
      top: figure.isAcross ? 8 : figure.series.length > 1 ? 64 : 32,
      bottom: figure.isAcross ? 32 : 8,
      containLabel: true,
    },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: ink(root, "ground"),
      borderColor: rule,
      textStyle: { color: text, fontFamily: font },
      formatter: (hits: { dataIndex: number }[]) => hint(figure, hits[0]?.dataIndex ?? 0),
    },
    xAxis: figure.isAcross ? values : names,
    yAxis: figure.isAcross ? names : values,
    series: figure.series.map((one, place) => ({
      type: one.kind,
      name: one.name,
      data: one.values,
      [figure.isAcross ? "xAxisIndex" : "yAxisIndex"]: place,
      itemStyle: { color: ink(root, `series-${place + 1}`), borderRadius: one.kind === "bar" ? 2 : 0 },
      lineStyle: { width: 2 },
      symbol: "circle",
      symbolSize: 6,
      showSymbol: one.values.length <= 31,
      barMaxWidth: 28,
      z: one.kind === "line" ? 3 : 2,
    })),
  };
}

function hint(figure: Figure, place: number): string {
  const lines = figure.series.map((one) => `${one.name}: ${one.texts[place] ?? ""}`);
  return [figure.labels[place] ?? "", ...lines].join("\n");
}

function read(root: HTMLElement): Figure | null {
  const source = document.getElementById(root.dataset["chart"] ?? "");
  return source ? (JSON.parse(source.textContent ?? "null") as Figure | null) : null;
}

function draw(): void {
  for (const [root, chart] of drawn) {
    if (root.isConnected) continue;
    chart.dispose();
    drawn.delete(root);
  }
  for (const root of document.querySelectorAll<HTMLElement>("[data-chart]")) {
    const figure = read(root);
    if (!figure) continue;
    const chart = drawn.get(root) ?? init(root, null, { renderer: "canvas" });
    if (!drawn.has(root)) watcher.observe(root);
    drawn.set(root, chart);
    chart.setOption(option(root, figure), { notMerge: true });
  }
}

const watcher = new ResizeObserver((entries) => {
  for (const entry of entries) drawn.get(entry.target as HTMLElement)?.resize();
});

document.addEventListener("htmx:afterSettle", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
draw();
