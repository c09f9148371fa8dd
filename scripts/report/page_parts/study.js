// SPDX-License-Identifier: Apache-2.0
// A study: published beside simulated, with verdicts and notes.
const VERDICTS = { ok: "good", deviation: "" };

function ratioPlot(figures) {
  const rows = figures.id.map((_, i) => i).filter((i) => figures.ratio[i] > 0 && figures.kind[i] !== "order");
  if (!rows.length) { return null; }
  const looks = [["as expected", colour(0), "", (verdict) => verdict === "ok"], ["known to deviate", colour(2), "/", (verdict) => verdict === "deviation"],
    ["outside", colour(3), "x", (verdict) => !(verdict in VERDICTS)]];
  const names = rows.map((i) => figures.id[i]);
  return plot("ratio-plot", "Simulated / published on a logarithmic axis: 1 agrees exactly, the thin line is the tolerance.", 120 + 34 * rows.length, () => ({
    traces: [...looks.map(([name, fill, shape, is]) => {
      const own = rows.filter((i) => is(figures.verdict[i]));
      return { type: "bar", orientation: "h", name, showlegend: own.length > 0, y: own.map((i) => figures.id[i]), base: own.map(() => 1),
        x: own.map((i) => figures.ratio[i] - 1), width: 0.6, marker: { color: fill, pattern: { shape, fgcolor: shade("back"), fillmode: "overlay", size: 6, solidity: 0.3 } },
        text: own.map((i) => digits(figures.ratio[i], 3)), textposition: "none", hovertemplate: "%{y}: %{text}<extra></extra>" };
    }), { type: "scatter", mode: "markers", name: "tolerance", y: names, x: rows.map(() => 1),
      marker: { color: shade("text"), symbol: "line-ns-open", size: 14 }, hoverinfo: "skip",
      error_x: { type: "data", array: rows.map((i) => figures.tolerance[i]), arrayminus: rows.map((i) => Math.min(figures.tolerance[i], 0.99)),
        color: shade("text"), thickness: 1.2 } },
    { type: "scatter", mode: "markers", name: "simulated", showlegend: false, y: names, x: rows.map((i) => figures.ratio[i]),
      marker: { color: shade("text"), size: 7 }, hovertemplate: "%{y}: %{x:.3g}<extra></extra>" }],
    layout: { barmode: "overlay", xaxis: axisLook({ type: "log", title: { text: "simulated / published" }, dtick: window.innerWidth < 600 ? 1 : "D2" }),
      yaxis: axisLook({ autorange: "reversed", type: "category", categoryarray: names }) } })).figure;
}

function showFigures(figures) {
  const withUnit = (name) => (i) => figures[name][i] + (["", "1"].includes(figures.unit[i]) || figures[name][i] === "-" || figures[name][i] === "falling"
    || figures[name][i] === "rising" ? "" : " " + figures.unit[i]);
  const ratio = figures.ratio.map((value) => (value > 0 ? value : null));
  const verdicts = {};
  figures.verdict.forEach((verdict) => { verdicts[verdict] = (verdicts[verdict] || 0) + 1; });
  const columns = [{ name: "figure", text: true, values: figures.id },
    { name: "published", text: true, values: figures.published, render: withUnit("published") },
    { name: "simulated", text: true, values: figures.simulated, render: withUnit("simulated") },
    { name: "ratio", values: ratio, render: (i) => (ratio[i] === null ? "–" : digits(ratio[i], 3)) },
    { name: "tolerance", values: figures.tolerance, render: (i) => (figures.tolerance[i] ? `${digits(figures.tolerance[i] * 100, 3)} %` : "–") },
    { name: "verdict", text: true, values: figures.verdict,
      render: (i) => el("span", { class: figures.verdict[i] in VERDICTS ? VERDICTS[figures.verdict[i]] : "bad" }, figures.verdict[i]) },
    { name: "note", text: true, wide: true, values: figures.note || figures.id.map(() => "") },
    { name: "source", text: true, wide: true, values: figures.source || figures.id.map(() => "") }];
  section("figures", "Figures", cards(Object.entries(verdicts).map(([verdict, count]) => [verdict, String(count)])),
    makeTable({ id: "figure-table", caption: "Published and simulated figures", columns, page: 60, search: "Text in any column", choices: ["verdict"] }).node,
    ratioPlot(figures));
}
