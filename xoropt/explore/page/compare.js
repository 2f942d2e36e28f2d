const FRAME = { left: 68, right: 1084, top: 12, bottom: 420 };
const limit = data.time_limit;
const names = data.variants.map((v) => v.name);
const families = [...new Set(data.problems.map((p) => p.family))];
const runs = new Map(data.runs.map((r) => [r.problem + "\n" + r.variant, r]));
const run = (problem, name) => runs.get(problem.name + "\n" + name);
const hidden = new Set();
let family = null;
let plot = null;

const colour = (name) => `var(--c${names.indexOf(name) % 8})`;
const DASHES = ["", "7 4", "2 3", "9 3 2 3"];
const dash = (name) => { const i = names.indexOf(name); return DASHES[(i + Math.floor(i / 8)) % 4]; };
const problems = () => data.problems.filter((p) => family === null || p.family === family);
const seconds = (s) => (s === null || s === undefined ? "–" : s < 0.0995 ? (1000 * s).toPrecision(2) * 1 + " ms" : s.toPrecision(3) * 1 + " s");
const cost = (r, units) => String(r.scale === 1 ? units : Number((units / r.scale).toPrecision(6)));
const count = (n, thing, things) => `${n} ${n === 1 ? thing : things || thing + "s"}`;
const percent = (x) => (x === null ? "–" : (100 * x).toFixed(1) + " %");

function beats(a, b) {
  if (a.cost === null || b.cost === null) return a.cost !== null;
  if (a.cost !== b.cost) return a.cost < b.cost;
  if (a.optimal !== b.optimal) return a.optimal;
  const time = (r) => (r.optimal || r.best_seconds === null ? r.seconds : r.best_seconds);
  return time(a) < time(b) - Math.max(0.05 * time(b), 0.01);
}

const COLUMNS = [
  ["solved", (s) => s.solved, 1], ["proved", (s) => s.proved, 1], ["PAR-2", (s) => s.par2, -1, seconds],
  ["mean gap", (s) => s.mean_gap, -1, percent], ["wins", (s) => s.wins, 1], ["answered", (s) => s.answered, 1],
  ["overruns", (s) => s.overruns, -1], ["failed", (s) => s.failed, -1],
];
function showScores() {
  const table = $("scores"), own = family === null ? data.scores : data.families[family];
  table.replaceChildren();
  const head = make(make(table, "thead"), "tr");
  make(head, "th", { scope: "col" }, "strategy");
  make(head, "th", { scope: "col" }, "problems");
  for (const [name] of COLUMNS) make(head, "th", { scope: "col" }, name);
  make(head, "th", { scope: "col" }, "start-up");
  const body = make(table, "tbody"), real = own.filter((s) => names.includes(s.variant));
  for (const s of own) {
    const row = make(body, "tr", names.includes(s.variant) ? {} : { class: "sum" });
    const cell = make(make(row, "td"), "div", { class: "name" });
    if (names.includes(s.variant)) make(cell, "span", { class: "badge", style: `background:${colour(s.variant)}` });
    make(cell, "span", {}, s.variant);
    make(row, "td", {}, s.problems);
    for (const [, value, sign, show] of COLUMNS) {
      const values = real.map(value).filter((v) => v !== null);
      const top = names.includes(s.variant) && value(s) === (sign > 0 ? Math.max(...values) : Math.min(...values)) && new Set(values).size > 1;
      make(row, "td", top ? { class: "best" } : {}, (show || String)(value(s)));
    }
    const start = data.variants.find((v) => v.name === s.variant);
    make(row, "td", {}, start ? seconds(start.start_seconds) : "");
  }
}

function logTicks(low, high) {
  const ticks = [];
  for (let d = Math.floor(low); d <= Math.ceil(high); d++)
    for (const m of high - low > 2.5 ? [1] : [1, 2, 5]) {
      const t = Math.log10(m) + d;
      if (t >= low - 1e-9 && t <= high + 1e-9) ticks.push([t, m * 10 ** d]);
    }
  return ticks;
}
function linearTicks(low, high, least = 0) {
  const raw = Math.max((high - low) / 8, least), unit = 10 ** Math.floor(Math.log10(raw || 1));
  const step = [1, 2, 5, 10].map((m) => m * unit).find((s) => s >= raw) || 1, ticks = [];
  for (let t = Math.ceil(low / step) * step; t <= high + 1e-9; t += step) ticks.push([t, t]);
  return ticks;
}
/* Axes over [low, high], in powers of ten where they are logarithmic; returns where values lie. */
function axes(x, y) {
  const chart = $("chart");
  chart.replaceChildren();
  const scale = (axis, from, to) => (v) => {
    const at = axis.log ? Math.log10(Math.max(v, 1e-12)) : v;
    return from + (to - from) * Math.min(1, Math.max(0, (at - axis.low) / (axis.high - axis.low || 1)));
  };
  const X = scale(x, FRAME.left, FRAME.right), Y = scale(y, FRAME.bottom, FRAME.top);
  for (const [, v] of (x.log ? logTicks : linearTicks)(x.low, x.high, x.least)) {
    make(chart, "line", { class: "grid", x1: X(v), x2: X(v), y1: FRAME.top, y2: FRAME.bottom });
    make(chart, "text", { x: X(v), y: FRAME.bottom + 18, "text-anchor": "middle" }, x.show(v));
  }
  for (const [, v] of (y.log ? logTicks : linearTicks)(y.low, y.high)) {
    make(chart, "line", { class: "grid", x1: FRAME.left, x2: FRAME.right, y1: Y(v), y2: Y(v) });
    make(chart, "text", { x: FRAME.left - 8, y: Y(v) + 4, "text-anchor": "end" }, y.show(v));
  }
  make(chart, "line", { class: "axis", x1: FRAME.left, x2: FRAME.right, y1: FRAME.bottom, y2: FRAME.bottom });
  make(chart, "text", { class: "title", x: (FRAME.left + FRAME.right) / 2, y: 458, "text-anchor": "middle" }, x.label);
  make(chart, "text", { class: "title", transform: `translate(13 ${(FRAME.top + FRAME.bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, y.label);
  return [X, Y];
}
function steps(name, points, X, Y, flat) {
  if (!points.length) return;
  let path = `M${X(points[0][0])} ${Y(points[0][1])}`;
  for (const [a, b] of points.slice(1)) path += flat ? `L${X(a)} ${Y(b)}` : `H${X(a)}V${Y(b)}`;
  const line = make($("chart"), "path", { class: "line", d: path, stroke: colour(name), "stroke-dasharray": dash(name) });
  make(line, "title", {}, name);
}
const shown = () => names.filter((name) => !hidden.has(name));
const timeAxis = (times, label) => ({ log: true, low: Math.log10(Math.min(...times, limit / 10)) - 0.1, high: Math.log10(limit) + 0.05, label, show: seconds });

function cactus() {
  const own = shown().map((name) => [name, problems().map((p) => run(p, name)).filter((r) => r && r.optimal).map((r) => Math.max(r.seconds, 1e-5)).sort((a, b) => a - b)]);
  const [X, Y] = axes({ low: 0, high: problems().length, least: 1, label: "problems proved", show: String }, timeAxis(own.flatMap(([, t]) => t), "seconds"));
  for (const [name, times] of own) steps(name, times.map((t, i) => [i + 1, t]), X, Y, true);
}
function profile() {
  const best = new Map(problems().map((p) => [p.name, Math.min(...shown().map((n) => run(p, n)).filter((r) => r && r.optimal).map((r) => Math.max(r.seconds, 1e-3)))]));
  const own = shown().map((name) => [name, problems().map((p) => [run(p, name), best.get(p.name)]).filter(([r]) => r && r.optimal).map(([r, b]) => Math.max(r.seconds, 1e-3) / b).sort((a, b) => a - b)]);
  const most = Math.max(10, ...own.flatMap(([, t]) => t)), all = problems().length || 1;
  const [X, Y] = axes({ log: true, low: 0, high: Math.log10(most), label: "times the seconds of the fastest proof (below 1 ms counts as 1 ms)", show: (v) => short(v) },
    { low: 0, high: 1, label: "share of the problems proved", show: (v) => Math.round(100 * v) + " %" });
  for (const [name, ratios] of own) if (ratios.length) steps(name, [[1, 0], ...ratios.map((t, i) => [t, (i + 1) / all]), [most, ratios.length / all]], X, Y);
}
function gaps() {
  const least = new Map(problems().map((p) => [p.name, Math.min(...names.map((n) => run(p, n)).filter((r) => r && r.cost !== null).map((r) => r.cost))]));
  const own = shown().map((name) => [name, problems().map((p) => run(p, name)).filter((r) => r && r.cost !== null).map((r) => (r.cost - least.get(r.problem)) / Math.max(1, least.get(r.problem))).sort((a, b) => a - b)]);
  const most = Math.max(0.1, ...own.flatMap(([, g]) => g)), all = problems().length || 1;
  const [X, Y] = axes({ low: 0, high: most, label: "excess over the least cost found", show: (v) => Math.round(100 * v) + " %" },
    { low: 0, high: 1, label: "share of the problems", show: (v) => Math.round(100 * v) + " %" });
  for (const [name, values] of own) if (values.length) steps(name, [[0, 0], ...values.map((g, i) => [g, (i + 1) / all]), [most, values.length / all]], X, Y);
}
function scatter() {
  const a = $("first").value, b = $("second").value;
  const both = problems().filter((p) => run(p, a) && run(p, b));
  const time = (r) => (r.optimal ? Math.max(r.seconds, 1e-5) : 1.6 * limit);
  const low = Math.log10(Math.min(limit / 10, ...both.flatMap((p) => [time(run(p, a)), time(run(p, b))]))) - 0.1;
  const axis = (label) => ({ log: true, low, high: Math.log10(2 * limit), label, show: (v) => (v > limit ? "" : seconds(v)) });
  const [X, Y] = axes(axis(`seconds until the proof, ${a}`), axis(b));
  const chart = $("chart");
  make(chart, "path", { class: "limit", d: `M${X(10 ** low)} ${Y(10 ** low)}L${X(2 * limit)} ${Y(2 * limit)}M${X(limit)} ${FRAME.top}V${FRAME.bottom}M${FRAME.left} ${Y(limit)}H${FRAME.right}` });
  for (const p of both) {
    const r = run(p, a), s = run(p, b);
    const dot = make(chart, "circle", { class: "dot", cx: X(time(r)), cy: Y(time(s)), r: 5.5, fill: `var(--c${families.indexOf(p.family) % 8})` });
    make(dot, "title", {}, `${p.name}: ${a} ${said(r)}, ${b} ${said(s)}`);
  }
}
const PLOTS = [
  { key: "cactus", name: "Proofs in time", draw: cactus, note: "A line that reaches further right proves more problems; a lower one is faster." },
  { key: "profile", name: "Performance profile", draw: profile, note: "How often a strategy is within so many times of the fastest proof (Dolan and Moré 2002)." },
  { key: "gaps", name: "Costs", draw: gaps, note: "How often a strategy's cost is within so much of the least one, proved or not." },
  { key: "scatter", name: "Pairs", draw: scatter, note: "A dot is a problem; below the diagonal the strategy of the vertical axis is faster. Beyond the dashed limits there was no proof." },
];
function draw() {
  $("plot-title").textContent = plot.name;
  $("said-of-plot").textContent = plot.note;
  $("pair").hidden = plot.key !== "scatter";
  for (const button of $("plots").children) button.setAttribute("aria-pressed", button.dataset.key === plot.key);
  plot.draw();
  const legend = $("legend");
  legend.replaceChildren();
  const pairs = plot.key === "scatter";
  for (const name of pairs ? families : names) {
    const item = make(legend, "span", hidden.has(name) && !pairs ? { class: "off" } : {});
    const icon = make(item, "svg", { viewBox: "-8 -8 16 16", "aria-hidden": "true" });
    if (pairs) make(icon, "circle", { r: 6, fill: `var(--c${families.indexOf(name) % 8})` });
    else make(icon, "path", { d: "M-8 0H8", class: "line", stroke: colour(name), "stroke-dasharray": dash(name) });
    item.append(name || "problems");
    if (!pairs) item.onclick = () => { hidden.has(name) ? hidden.delete(name) : hidden.add(name); draw(); };
  }
}

function showDuels() {
  const table = $("duels"), body = document.createElement("tbody");
  table.replaceChildren();
  const head = make(make(table, "thead"), "tr");
  make(head, "th", {}, "");
  for (const name of names) make(head, "th", { scope: "col" }, name);
  table.append(body);
  const sure = new Map(data.duels.map((d) => [d.first + "\n" + d.second, d.p]));
  for (const a of names) {
    const row = make(body, "tr");
    make(row, "td", {}, a);
    for (const b of names) {
      if (a === b) { make(row, "td", {}, "–"); continue; }
      const both = problems().filter((p) => run(p, a) && run(p, b));
      const wins = both.filter((p) => beats(run(p, a), run(p, b))).length, losses = both.filter((p) => beats(run(p, b), run(p, a))).length;
      const p = sure.get(a + "\n" + b) ?? sure.get(b + "\n" + a);
      const cell = make(row, "td", wins > losses ? { class: family === null && p < 0.05 ? "better sure" : "better" } : {}, wins);
      make(cell, "title", {}, "");
      cell.title = `${a} ${wins}, ${b} ${losses} of ${both.length}` + (family === null ? `; p = ${Number(p.toPrecision(2))}` : "");
    }
  }
}
function said(r) {
  if (!r) return "";
  if (r.cost === null) return r.status;
  const bound = r.optimal ? "*" : r.lower_bound > 0 ? ` ≥${cost(r, r.lower_bound)}` : "";
  return `${cost(r, r.cost)}${bound}, ${seconds(r.seconds)}` + (r.status === "done" ? "" : ` (${r.status})`);
}
function showRuns() {
  const table = $("runs");
  table.replaceChildren();
  const head = make(make(table, "thead"), "tr");
  for (const name of ["problem", "rows", "unknowns", ...names]) make(head, "th", { scope: "col" }, name);
  const body = make(table, "tbody");
  for (const p of problems()) {
    const row = make(body, "tr");
    make(row, "td", {}, p.name);
    make(row, "td", {}, p.k);
    make(row, "td", {}, p.n);
    const own = names.map((name) => run(p, name)).filter(Boolean);
    for (const name of names) {
      const r = run(p, name);
      const cell = make(row, "td", r && r.cost !== null && !own.some((other) => beats(other, r)) ? { class: "best" } : {}, said(r));
      if (r && r.why) cell.title = r.why;
    }
  }
}
function showVerdict() {
  const place = $("verdict");
  place.replaceChildren();
  if (names.length < 2) return;
  if (families.length < 2 || family !== null) { make(place, "p", {}, data.verdicts[family ?? families[0]]); return; }
  make(place, "p", {}, `The figures sum up ${families.length} unlike families of problems. For each by itself:`);
  const list = make(place, "ul");
  for (const one of families) {
    const item = make(list, "li");
    make(item, "b", {}, one || "others");
    item.append(`, ${count(data.problems.filter((p) => p.family === one).length, "problem")}. ${data.verdicts[one]}`);
  }
}
function show() {
  const own = problems(), total = own.length * names.length, done = own.flatMap((p) => names.map((n) => run(p, n))).filter(Boolean).length;
  showVerdict();
  $("summary").textContent = `${count(names.length, "strategy", "strategies")} on ${count(own.length, "problem")}, ${seconds(limit)} each, on ${data.machine}` +
    (data.jobs > 1 ? `, ${data.jobs} at once` : "") + "." + (done < total ? ` ${total - done} runs are missing; the same command goes on from here.` : "");
  showScores();
  draw();
  showDuels();
  showRuns();
}

if (data.conflicts.length) {
  $("wrong").hidden = false;
  make($("wrong"), "h2", {}, "Contradictions");
  for (const text of data.conflicts) make($("wrong"), "p", {}, text);
}
for (const one of PLOTS) {
  const button = make($("plots"), "button", { type: "button" }, one.name);
  button.dataset.key = one.key;
  button.onclick = () => {
    plot = one;
    history.replaceState(null, "", "#" + one.key);
    draw();
  };
}
plot = PLOTS.find((one) => "#" + one.key === location.hash) || PLOTS[0];
for (const id of ["first", "second"]) {
  for (const name of names) make($(id), "option", { value: name }, name);
  $(id).onchange = draw;
}
$("second").selectedIndex = Math.min(1, names.length - 1);
make($("family"), "option", { value: "-1" }, "all");
families.forEach((name, i) => make($("family"), "option", { value: i }, name || "others"));
$("choice").hidden = families.length < 2;
$("family").onchange = () => { family = $("family").value === "-1" ? null : families[$("family").value]; show(); };
show();
