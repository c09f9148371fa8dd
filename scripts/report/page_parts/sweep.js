// SPDX-License-Identifier: Apache-2.0
// A sweep: all points on parallel axes, two metrics against each other with their Pareto front, and the table of points.
const HIGHER = /rate|utilisation|throughput|tokens_per/;
const MOST_METRICS = 7; // side by side on parallel axes
const MOST_SVG = 1500; // points that a browser draws one by one without delay

function makePoints(sweep) {
  const columns = sweep.points.map(decode);
  const column = Object.fromEntries(columns.map((one) => [one.name, one]));
  for (const name of ["status", "error"]) { column[name].text = true; }
  const count = columns[0].values.length;
  const done = [];
  for (let i = 0; i < count; i++) { if (column.status.values[i] === "done") { done.push(i); } }
  const axes = sweep.varied.filter((name) => new Set(column[name].values).size < count || !column[name].text);
  const metrics = sweep.metrics.filter((name) => done.some((i) => typeof column[name].values[i] === "number"));
  const differing = metrics.filter((name) => new Set(done.map((i) => column[name].values[i])).size > 1);
  const label = (name) => readable(name) + (column[name].unit ? ` (${column[name].unit})` : "");
  const describe = (i) => [`point ${column.index.values[i]}`, ...axes.map((name) => `${name} = ${words(column[name].values[i], column[name].unit)}`)];
  return { columns, column, count, done, axes, metrics, differing, label, describe };
}

// Of points that are worse than no other in both metrics; sorted by the first.
function paretoFront(points, x, y, signX, signY) {
  const rows = points.filter((i) => x[i] !== null && y[i] !== null).sort((a, b) => (x[a] - x[b]) * signX || (y[a] - y[b]) * signY);
  const front = [];
  let best = Infinity;
  for (const i of rows) {
    if (y[i] * signY < best) { best = y[i] * signY; front.push(i); }
  }
  return front;
}

function scaledColumn(points, name) {
  const one = points.column[name], [factor, unit] = scaleFor(maximum(points.done.map((i) => Math.abs(one.values[i]))), one.unit);
  return { values: one.values, factor, title: readable(name) + (unit ? ` (${unit})` : "") };
}

// Blue over grey to orange, apart for colour-blind readers and on either ground.
function lowToHigh() {
  const [low, high] = dark.matches ? [data.palette[2], data.palette[1]] : [data.palette[0], data.palette[3]];
  return [[0, low], [0.5, data.palette[7]], [1, high]];
}

function parallelPlot(points, state) {
  const dimension = (name) => {
    const one = points.column[name];
    if (one.text) {
      const names = [...new Set(one.values)].sort();
      return { label: name, values: points.done.map((i) => names.indexOf(one.values[i])), tickvals: names.map((_, k) => k), ticktext: names };
    }
    const scaled = scaledColumn(points, name), values = points.done.map((i) => one.values[i] * scaled.factor);
    const distinct = [...new Set(values)];
    const made = { label: scaled.title, values };
    return points.axes.includes(name) && distinct.length <= 8 ? { ...made, tickvals: distinct, ticktext: distinct.map((value) => digits(value)) } : made;
  };
  const names = [...points.axes, ...points.differing.slice(0, MOST_METRICS)];
  return plot("parallel-plot", "Every line is a point of the sweep. Drag along an axis to keep only the lines that pass there; click the stretch to release it.", 400, () => {
    const scaled = scaledColumn(points, state.y);
    return { traces: [{ type: "parcoords", dimensions: names.map(dimension), labelfont: { size: 11 }, labelangle: -12, labelside: "bottom",
      rangefont: { size: 1, color: "rgba(0,0,0,0)" }, tickfont: { size: 10, color: shade("text") },
      line: { color: points.done.map((i) => scaled.values[i] * scaled.factor), colorscale: lowToHigh(), showscale: true,
        colorbar: { title: { text: scaled.title, side: "right" }, thickness: 10 } } }],
      layout: { margin: { l: 60, r: 20, t: 24, b: 90 } } };
  }, null, 140 + 90 * names.length);
}

function paretoPlot(points, state, chosen) {
  const caption = "Each mark is a point; the line joins those that no other point beats in both metrics. Point at a mark for its configuration, click it for its summary.";
  return plot("pareto-plot", caption, 420, () => {
    const [x, y] = [scaledColumn(points, state.x), scaledColumn(points, state.y)];
    const front = paretoFront(points.done, x.values, y.values, state.betterX === "lower" ? 1 : -1, state.betterY === "lower" ? 1 : -1);
    state.front = front;
    const trace = (rows, more) => ({ type: webgl && points.done.length > MOST_SVG ? "scattergl" : "scatter",
      x: rows.map((i) => x.values[i] * x.factor), y: rows.map((i) => y.values[i] * y.factor), customdata: rows,
      text: rows.map((i) => points.describe(i).join("<br>")), hovertemplate: "%{text}<br>%{x:.4g}, %{y:.4g}<extra></extra>", ...more });
    const crowd = points.done.length > MOST_SVG;
    const traces = [trace(points.done, { name: "points", mode: "markers", marker: { color: colour(2), size: crowd ? 5 : 9, opacity: crowd ? 0.5 : 1 } }),
      trace(front, { name: "Pareto front", mode: "lines+markers", line: { color: colour(3), width: 2 },
        marker: { color: colour(3), size: 9, symbol: "diamond" } })];
    if (state.point !== null && points.done.includes(state.point)) {
      traces.push(trace([state.point], { name: "chosen", mode: "markers", marker: { color: "rgba(0,0,0,0)", size: 18, line: { color: shade("text"), width: 2.5 } } }));
    }
    return { traces, layout: { xaxis: axisLook({ title: { text: x.title } }), yaxis: axisLook({ title: { text: y.title } }) } };
  }, (box) => box.on("plotly_click", (event) => chosen(event.points[0].customdata)));
}

function pointSummary(sweep, points, i) {
  const one = {};
  const summaries = (sweep.summaries || []).map(decode);
  const row = summaries.length ? summaries[0].values.indexOf(points.column.index.values[i]) : -1;
  if (row >= 0) {
    for (const each of summaries.slice(1)) {
      if (each.values[row] !== null) { one[each.name] = { value: each.values[row], unit: each.unit }; }
    }
  } else {
    for (const name of points.metrics) { one[name] = { value: points.column[name].values[i], unit: points.column[name].unit }; }
  }
  return one;
}

function showPoint(sweep, points, place, i) {
  const failed = points.column.status.values[i] !== "done";
  place.replaceChildren(el("h3", null, `Point ${points.column.index.values[i]}`),
    cards(sweep.axes.map((name) => [name, words(points.column[name].values[i], points.column[name].unit)])),
    failed ? el("p", { class: "bad" }, `failed: ${points.column.error.values[i]}`)
      : summaryTable("point-summary", `Summary of point ${points.column.index.values[i]}`, pointSummary(sweep, points, i)));
}

function pointTable(points, chosen) {
  const failed = points.count - points.done.length;
  const index = points.column.index;
  index.label = "point";
  index.render = (row) => el("button", { type: "button", "aria-label": `Summary of point ${index.values[row]}`, onclick: () => chosen(row) },
    String(index.values[row]));
  const columns = points.columns.filter((one) => failed || !["status", "error"].includes(one.name));
  return makeTable({ id: "point-table", caption: "Points", columns, search: columns.some((one) => one.text) ? "Text in any column" : null,
    choices: [...(failed ? ["status"] : []), ...points.axes.slice(0, 6)], status: () => (failed ? `${failed} points failed` : "all points ran") }).node;
}

function showPoints(sweep) {
  const points = makePoints(sweep);
  const place = el("div", { id: "point", role: "region", "aria-label": "Chosen point", "aria-live": "polite" },
    el("p", { class: "quiet" }, "No point is chosen: click one in the plot, or its number in the table."));
  const better = (name) => (HIGHER.test(name) ? "higher" : "lower");
  const find = (pattern) => points.metrics.find((name) => pattern.test(name));
  const x = find(/^energy/) || points.metrics[0], y = find(/decode_rate/) || find(/rate/) || points.metrics[1] || points.metrics[0];
  const state = { x, y, betterX: x && better(x), betterY: y && better(y), point: null, front: [] };
  const chosen = (i) => { state.point = i; showPoint(sweep, points, place, i); if (pareto) { pareto.redraw(); } };
  const table = pointTable(points, chosen);
  let pareto = null;
  if (points.done.length && points.metrics.length) {
    const parallel = parallelPlot(points, state);
    section("parallel", "All points", webgl ? parallel.figure : el("p", null, "Parallel axes need WebGL, which this browser lacks; the table below has every point."));
    pareto = paretoPlot(points, state, chosen);
    const redraw = () => { pareto.redraw(); if (webgl) { parallel.redraw(); } };
    const metrics = points.metrics.map((name) => [name, points.label(name)]);
    const ways = [["lower", "lower is better"], ["higher", "higher is better"]];
    const pick = (axis) => {
      const way = select(`Better ${axis.toLowerCase()}`, ways, state["better" + axis], (value) => { state["better" + axis] = value; redraw(); });
      const metric = select(axis === "X" ? "Across" : "Up (also the colour above)", metrics, state[axis.toLowerCase()], (value) => {
        state[axis.toLowerCase()] = value;
        state["better" + axis] = better(value);
        way.querySelector("select").value = better(value);
        redraw();
      });
      metric.querySelector("select").id = "pareto-" + axis.toLowerCase();
      return [metric, way];
    };
    section("pareto", "Pareto front", el("div", { class: "controls" }, pick("X"), pick("Y")), pareto.figure, place);
  }
  const made = section("points", "Points", table);
  if (!pareto) { made.append(place); }
}

function showSweep() {
  const sweep = data.sweep;
  provenance(sweep.attributes);
  if (sweep.figures) { showFigures(sweep.figures); }
  showPoints(sweep);
}
