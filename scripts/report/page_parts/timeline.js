// SPDX-License-Identifier: Apache-2.0
// Which device ran what when. Few ops in the window are drawn one by one; many as the share of time that each kernel kept
// the device busy.
const MOST_OPS = 1500;
const SHARES = 300;

function makeTimeline(ops) {
  const column = Object.fromEntries(ops.map((one) => [one.name, one]));
  const start = column.start.values, length = column.duration.values;
  const count = start.length;
  const whole = [0, 0];
  whole[0] = start.reduce((least, value) => Math.min(least, value), Infinity);
  for (let i = 0; i < count; i++) { whole[1] = Math.max(whole[1], start[i] + length[i]); }
  const [factor, unit] = scaleFor(whole[1], "s");
  const devices = [...new Set(column.device.values)];
  const kernels = ranked(column.kernel.values, length);
  const styleOf = new Map(kernels.map((kernel, i) => [kernel, colour(i)]));
  // Those that share the last colour share its entry in the legend.
  const legendOf = (kernel) => (kernels.indexOf(kernel) < data.palette.length - 1 ? kernel : "other");
  const inLegend = (kernel) => ({ name: legendOf(kernel), legendgroup: legendOf(kernel), legendrank: 1000 + kernels.indexOf(kernel) });
  let window_ = [...whole];
  const status = el("p", { class: "status", role: "status" });

  function ranked(names, weights) {
    const sums = new Map();
    names.forEach((name, i) => sums.set(name, (sums.get(name) || 0) + weights[i]));
    return [...sums].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  }

  function inside() {
    const rows = [];
    for (let i = 0; i < count; i++) {
      if (start[i] < window_[1] && start[i] + length[i] > window_[0]) { rows.push(i); }
    }
    return rows;
  }

  // Ops that overlap in time get lanes of their own.
  function bars(rows) {
    const traces = new Map(), lanes = devices.map(() => []);
    for (const i of [...rows].sort((a, b) => start[a] - start[b])) {
      const device = devices.indexOf(column.device.values[i]), ends = lanes[device];
      let lane = ends.findIndex((end) => end <= start[i] + 1e-9);
      lane = lane < 0 ? ends.length : lane;
      ends[lane] = start[i] + length[i];
      const kernel = column.kernel.values[i];
      if (!traces.has(device + kernel)) {
        traces.set(device + kernel, { type: "bar", orientation: "h", ...inLegend(kernel), base: [], x: [], y: [],
          text: [], customdata: [], width: 0.9, hovertemplate: "%{text}<extra></extra>", textposition: "none",
          marker: { color: styleOf.get(kernel), line: { width: 0 } }, yaxis: axisName("y", device) });
      }
      const trace = traces.get(device + kernel);
      trace.base.push(start[i] * factor); trace.x.push(length[i] * factor); trace.y.push(lane); trace.customdata.push(i);
      trace.text.push(`${column.op.values[i]}<br>${kernel} on ${devices[device]}, ${column.phase.values[i]}<br>` +
        `starts ${words(start[i], "s", 7)}, takes ${words(length[i], "s")}<br>${words(column.energy.values[i], "J")}`);
    }
    return { traces: [...traces.values()], tops: lanes.map((ends) => [-0.6, Math.max(ends.length, 1) - 0.4]) };
  }

  function shares(rows) {
    const step = (window_[1] - window_[0]) / SHARES, sums = new Map();
    for (const i of rows) {
      const key = column.device.values[i] + "\n" + column.kernel.values[i];
      if (!sums.has(key)) { sums.set(key, new Float64Array(SHARES)); }
      const busy = sums.get(key), from = Math.max(start[i], window_[0]), to = Math.min(start[i] + length[i], window_[1]);
      const last = Math.min(SHARES - 1, Math.floor((to - window_[0]) / step));
      for (let k = Math.max(0, Math.floor((from - window_[0]) / step)); k <= last; k++) {
        const low = window_[0] + k * step;
        busy[k] += Math.max(0, Math.min(to, low + step) - Math.max(from, low)) / step;
      }
    }
    const times = Array.from({ length: SHARES + 1 }, (_, k) => (window_[0] + k * step) * factor);
    const tops = devices.map(() => new Float64Array(SHARES));
    const traces = [];
    devices.forEach((device, d) => kernels.forEach((kernel) => {
      const busy = sums.get(device + "\n" + kernel);
      if (!busy) { return; }
      busy.forEach((value, k) => { tops[d][k] += value; });
      traces.push({ type: "scatter", mode: "lines", ...inLegend(kernel), stackgroup: device, x: times,
        y: [...busy, busy[SHARES - 1]], line: { width: 0, shape: "hv" }, fillcolor: styleOf.get(kernel),
        yaxis: axisName("y", d), hovertemplate: `${kernel} keeps ${device} busy %{y:.1%}<extra></extra>` });
    }));
    return { traces, tops: tops.map((values) => [0, Math.max(1, maximum(values))]) };
  }

  const axisName = (letter, index) => letter + (index ? index + 1 : "");

  function make() {
    const rows = inside(), single = rows.length <= MOST_OPS;
    const { traces, tops } = single ? bars(rows) : shares(rows);
    const named = new Set();
    for (const trace of traces) {
      trace.showlegend = !named.has(trace.name);
      named.add(trace.name);
    }
    const layout = { barmode: "overlay", xaxis: axisLook({ range: window_.map((time) => time * factor), anchor: "free",
      position: 0, title: { text: `simulated time (${unit})` } }), legend: { ...LEGEND_BELOW, y: -55 / (74 * devices.length) } };
    devices.forEach((device, d) => {
      const high = 1 - d / devices.length, low = 1 - (d + 0.88) / devices.length;
      layout["yaxis" + (d ? d + 1 : "")] = axisLook({ domain: [low, high], range: tops[d], fixedrange: true, showticklabels: false,
        showgrid: false, zeroline: false, title: { text: device } });
    });
    status.textContent = `${words(window_[0], "s", 6)} to ${words(window_[1], "s", 6)}: ${rows.length.toLocaleString("en-US")} ops, ` +
      (single ? "each a bar" : "drawn as shares of busy time; zoom in to see each");
    return { traces, layout };
  }

  function go(from, to) {
    const least = Math.max((whole[1] - whole[0]) * 1e-7, 1e-9);
    const span = Math.min(Math.max(to - from, least), whole[1] - whole[0]);
    const low = Math.min(Math.max(from, whole[0]), whole[1] - span);
    window_ = [low, low + span];
    view.redraw();
  }

  const view = plot("timeline-plot", "Ops by device over simulated time, coloured by kernel.", 110 + 74 * devices.length, make,
    (box) => {
      box.on("plotly_relayout", (change) => {
        if (change["xaxis.autorange"]) { go(...whole); }
        else if ("xaxis.range[0]" in change) { go(change["xaxis.range[0]"] / factor, change["xaxis.range[1]"] / factor); }
      });
    });

  const button = (text, label, act) => el("button", { type: "button", "aria-label": label, onclick: act }, text);
  const zoom = (by) => () => {
    const middle = (window_[0] + window_[1]) / 2, half = (window_[1] - window_[0]) / 2 * by;
    go(middle - half, middle + half);
  };
  const move = (by) => () => { const step = (window_[1] - window_[0]) * by; go(window_[0] + step, window_[1] + step); };
  const phases = new Map();
  for (let i = 0; i < count; i++) {
    const known = phases.get(column.phase.values[i]) || [Infinity, 0];
    phases.set(column.phase.values[i], [Math.min(known[0], start[i]), Math.max(known[1], start[i] + length[i])]);
  }
  const controls = el("div", { class: "controls" },
    el("div", { class: "group", role: "group", "aria-label": "Window of the timeline" },
      button("−", "Zoom out", zoom(4)), button("+", "Zoom in", zoom(0.25)), button("‹", "Earlier", move(-0.5)),
      button("›", "Later", move(0.5)), button("All", "The whole run", () => go(...whole))),
    el("div", { class: "group", role: "group", "aria-label": "Phases" },
      [...phases].map(([name, [from, to]]) => button(readable(name), `Phase ${name}`, () => go(from, to)))));
  return { nodes: [controls, status, view.figure],
    showOp: (i) => { const room = Math.max(length[i] * 4, 1e-6); go(start[i] - room, start[i] + length[i] + room); } };
}
