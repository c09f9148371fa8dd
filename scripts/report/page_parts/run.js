// SPDX-License-Identifier: Apache-2.0
// One run: summary, power, energy, memory, ops, counters.
const MAIN_METRICS = ["time_to_first_token", "prefill_rate", "decode_rate", "total_time", "energy", "energy_per_token",
  "peak_memory", "prompt_tokens", "generated_tokens"];

function provenance(attributes) {
  const shown = Object.entries(attributes).filter(([, value]) => value !== "");
  document.getElementById("provenance").textContent = shown.map(([name, value]) => `${readable(name)} ${value}`).join(" · ");
}

function summaryTable(id, caption, summary) {
  const names = Object.keys(summary);
  return makeTable({ id, caption, page: 60, columns: [
    { name: "metric", text: true, values: names.map(readable) },
    { name: "value", unit: "", values: names.map((name) => summary[name].value),
      render: (row) => words(summary[names[row]].value, summary[names[row]].unit) }] }).node;
}

function showSummary(run) {
  const known = MAIN_METRICS.filter((name) => run.summary[name]);
  const made = section("summary", "Summary",
    cards(known.map((name) => [readable(name), words(run.summary[name].value, run.summary[name].unit)])),
    el("details", null, el("summary", null, "All metrics"), summaryTable("summary-table", "Metrics of the run", run.summary)));
  if (run.text) {
    made.append(el("h3", null, "What the model wrote"),
      el("div", { class: "said", tabindex: 0, role: "region", "aria-label": "Text of the model" }, run.text));
  }
  if (run.requests) {
    const columns = run.requests.map(decode);
    made.append(el("h3", null, "Requests"), makeTable({ id: "requests", caption: "Requests", columns }).node);
  }
}

// Layers of step functions on top of each other; `times` has one value more than each layer where `edges` is set.
function layers(times, parts, timeFactor, factor, unit, edges) {
  const x = times.map((time) => time * timeFactor);
  return Object.entries(parts).map(([name, values], i) => ({
    type: "scatter", mode: "lines", name: readable(name), stackgroup: "all", x,
    y: [...values, ...(edges ? [values[values.length - 1]] : [])].map((value) => value * factor),
    line: { width: 0, shape: "hv" }, fillcolor: colour(i), hovertemplate: `${readable(name)} %{y:.4g} ${unit}<extra></extra>`,
  }));
}

function totals(parts) {
  const lists = Object.values(parts);
  return lists[0].map((_, k) => lists.reduce((sum, list) => sum + list[k], 0));
}

function showPower(power) {
  const end = power.edges[power.edges.length - 1];
  const [timeFactor, timeUnit] = scaleFor(end, "s");
  const [factor, unit] = scaleFor(maximum(totals(power.parts)), "W");
  const [joules, joulesUnit] = scaleFor(maximum(power.joules), "J");
  const time = () => axisLook({ title: { text: `simulated time (${timeUnit})` } });
  const stacked = plot("power-plot", `Power by component, means (${unit}).`, 340, () => ({
    traces: layers(power.edges, power.parts, timeFactor, factor, unit, true),
    layout: { xaxis: time(), yaxis: axisLook({ title: { text: `power (${unit})` }, rangemode: "tozero" }), hovermode: "x" } }));
  const heat = power.temperature;
  const sums = plot("energy-plot", "Energy since the start" + (heat ? ", and temperature." : "."), 300, () => ({
    traces: [{ type: "scatter", mode: "lines", name: "energy", x: power.edges.map((t) => t * timeFactor),
      y: power.joules.map((value) => value * joules), line: { color: colour(0), width: 2 } },
    ...(heat ? [{ type: "scatter", mode: "lines", name: "temperature", yaxis: "y2", x: heat.time.map((t) => t * timeFactor),
      y: heat.celsius, line: { color: colour(3), width: 2, dash: "dash" } }] : [])],
    layout: { xaxis: time(), yaxis: axisLook({ title: { text: `energy (${joulesUnit})` }, rangemode: "tozero" }),
      yaxis2: axisLook({ overlaying: "y", side: "right", title: { text: "temperature (°C)" }, showgrid: false }), hovermode: "x" } }));
  return [stacked.figure, sums.figure];
}

function deviceEnergy(energy) {
  const all = totals(energy.buckets), [factor, unit] = scaleFor(maximum(all), "J");
  const sums = Object.entries(energy.buckets).map(([name, values]) => [name, values.reduce((a, b) => a + b, 0), values])
    .sort((a, b) => b[1] - a[1]);
  const kept = sums.slice(0, data.palette.length - 1);
  if (sums.length > kept.length) {
    kept.push(["other", 0, energy.device.map((_, d) => sums.slice(data.palette.length - 1).reduce((sum, one) => sum + one[2][d], 0))]);
  }
  return plot("device-plot", "Energy of the whole run by component and what it was spent on.", 110 + 34 * energy.device.length, () => ({
    traces: kept.map(([name, , values], i) => ({ type: "bar", orientation: "h", name: readable(name), y: energy.device,
      x: values.map((value) => value * factor), marker: { color: colour(i) }, hovertemplate: `%{y}, ${readable(name)}: %{x:.4g} ${unit}<extra></extra>` })),
    layout: { barmode: "stack", xaxis: axisLook({ title: { text: `energy (${unit})` } }), yaxis: axisLook({ autorange: "reversed" }),
      legend: { ...LEGEND_BELOW, y: -60 / (34 * energy.device.length) } } })).figure;
}

function showEnergy(run) {
  const made = section("energy", "Power and energy");
  if (run.power) { made.append(el("div", { class: "two" }, showPower(run.power))); }
  if (run.energy.device.length) { made.append(deviceEnergy(run.energy)); }
  else { made.append(el("p", null, "The run counted no energy.")); }
}

function showMemory(memory) {
  const sums = totals(memory.tags), most = maximum(sums), [factor, unit] = scaleFor(most, "B");
  const [timeFactor, timeUnit] = scaleFor(maximum(memory.time), "s");
  const at = sums.indexOf(most);
  const view = plot("memory-plot", `Memory held; the peak is ${words(most, "B")} at ${words(memory.time[at], "s")}.`, 320, () => ({
    traces: layers(memory.time, memory.tags, timeFactor, factor, unit, false),
    layout: { hovermode: "x", xaxis: axisLook({ title: { text: `simulated time (${timeUnit})` } }),
      yaxis: axisLook({ title: { text: `memory (${unit})` }, rangemode: "tozero" }) } }));
  section("memory", "Memory", view.figure);
}

function showOps(ops, timeline) {
  const duration = ops.find((one) => one.name === "duration").values, energy = ops.find((one) => one.name === "energy").values;
  const op = ops.find((one) => one.name === "op");
  op.text = true;
  op.render = (row) => el("button", { type: "button", title: "Show in the timeline", onclick: () => {
    timeline.showOp(row);
    document.getElementById("timeline").scrollIntoView();
  } }, op.values[row]);
  ops.find((one) => one.name === "start").digits = 7;
  const sum = (rows, values) => rows.reduce((total, row) => total + values[row], 0);
  section("ops", "Ops", makeTable({ id: "op-table", caption: "Ops of the run", columns: ops, search: "Text in any column",
    choices: ["device", "kernel", "phase", "layer"], status: (rows) => `${words(sum(rows, duration), "s")} of device time, ${words(sum(rows, energy), "J")}` }).node);
}

function showCounters(counters) {
  const columns = [{ name: "counter", text: true, values: counters.path },
    { name: "component", text: true, values: counters.path.map((path) => path.split(".")[0]) },
    { name: "value", values: counters.value, render: (row) => words(counters.value[row], counters.unit[row], 6) },
    { name: "exact", values: counters.value, render: (row) => `${counters.value[row]}${counters.unit[row] === "1" ? "" : " " + counters.unit[row]}` }];
  section("counters", "Counters", makeTable({ id: "counter-table", caption: "Counters of the run", columns, search: "Text in a counter",
    choices: ["component"] }).node);
}

function showRun() {
  const run = data.run;
  provenance(run.attributes);
  showSummary(run);
  if (data.other) { showComparison(run, data.other); }
  const ops = run.ops.map(decode);
  const any = ops[0].values.length > 0;
  const timeline = any ? makeTimeline(ops) : null;
  if (any) { section("timeline", "Timeline", timeline.nodes); }
  showEnergy(run);
  if (run.memory) { showMemory(run.memory); }
  if (any) { showOps(ops, timeline); }
  showCounters(run.counters);
}
