import { POINT_SHAPES } from './keys';

/** The part of the page's script that draws means with intervals: lines over a number, bars over words. */
export const POINT_CHARTS = String.raw`
const SHAPES = ${JSON.stringify(POINT_SHAPES)}.map((shape) => new Path2D(shape));
/** How far an interval may take an axis beyond the highest mean; what is longer is cut at the edge. */
const REACH = 1.5;
const exact = (value) => Math.abs(value) >= 1e6 ? count(value) : Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 9 });
const NAMES = { micros, rate: count, count: exact, share: exact };
const shorten = (text, letters) => text.length <= letters ? text : text.slice(0, letters - 1) + '…';
const widthOf = (u, text) => { u.ctx.font = font; return u.ctx.measureText(text).width; };

/** Every 1, 2 and 5 of the powers of ten between two values. */
const decades = (from, to) => {
  const found = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1)
    for (const each of [1, 2, 5]) found.push(Number((each * 10 ** power).toPrecision(3)));
  return found.filter((each) => each >= from * 0.999 && each <= to * 1.001);
};
/** Round steps between two values, about as many as asked for. */
const rounds = (from, to, wanted) => {
  const rough = (to - from) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((each) => each * power >= rough * 0.999) * power;
  const found = [];
  for (let place = Math.ceil(from / step - 1e-9); place * step <= to + step * 1e-9; place += 1) found.push(Number((place * step).toPrecision(12)));
  return found;
};

/** The points of each line, with words by their place. */
function pointLines({ chart, rows, curve }) {
  const { scale, words } = chart.x;
  const placeOf = (x) => scale === 'words' ? words.indexOf(x) : x;
  const isShown = (y) => typeof y === 'number' && (!chart.y.log || y > 0);
  return chart.lines.map(({ name, colour: ink, stroke }) => ({
    name, ink, stroke,
    points: rows.filter(([line, , y]) => line === name && isShown(y)).map(([, x, y, low, high]) => ({ x: placeOf(x), y, low, high })),
    curve: curve.filter(([line, , y]) => line === name && isShown(y)).map(([, x, y]) => [x, y]),
  }));
}

/** Ends of the vertical axis: around all means that are shown, and around intervals as far as they do not dwarf them. */
function reach(lines, isLog, isBars) {
  const points = lines.flatMap(({ points }) => points);
  const ys = [...points.map(({ y }) => y), ...lines.flatMap(({ curve }) => curve.map(([, y]) => y))];
  if (ys.length === 0) return isLog ? [1, 10] : [0, 1];
  const most = Math.max(...ys);
  const high = Math.max(most, Math.min(REACH * most, Math.max(...points.map((each) => each.high ?? each.y))));
  if (!isLog) return [Math.min(0, ...ys), high > 0 ? high * 1.06 : 1];
  const least = Math.min(...ys);
  const round = decades(least / 10, high * 10).filter((each) => !isBars || Math.abs(Math.log10(each) - Math.round(Math.log10(each))) < 1e-9);
  const from = round.filter((each) => each <= least * 1.0001).pop();
  return [from, round.find((each) => each >= high * 0.9999 && each > from)];
}

function pointScales({ x, y }, marks, visible) {
  const [first, last] = [marks[0] ?? 0, marks[marks.length - 1] ?? 1];
  const across = {
    words: () => [-0.5, x.words.length - 0.5],
    log: () => { const room = last > first ? (last / first) ** 0.035 : 2; return [first / room, last * room]; },
    linear: () => {
      const room = last > first ? (last - first) * 0.035 : Math.abs(first) || 1;
      const isFromZero = first >= 0 && first < last * 0.3;
      return [isFromZero ? Math.min(0, first - room) || 0 : first - room, last + room];
    },
  };
  return {
    x: { time: false, ...(x.scale === 'log' ? { distr: 3 } : {}), range: () => across[x.scale]() },
    y: { ...(y.log ? { distr: 3 } : {}), range: () => reach(visible(), y.log, x.scale === 'words') },
  };
}

function pointAxes({ x, y }, marks) {
  const line = { stroke: colour('line'), width: 1 };
  const base = { stroke: colour('muted'), font, grid: line, ticks: { ...line, size: 5 }, gap: 6, filter: (u, splits) => splits };
  const name = NAMES[y.unit];
  const up = {
    ...base,
    space: 36,
    values: (u, splits) => splits.map((each) => name(each)),
    size: (u, values) => values ? 18 + Math.max(...values.map((each) => Math.ceil(widthOf(u, each)))) : 50,
  };
  if (y.log) up.splits = (u, axis, least, most) => {
    const all = decades(least, most);
    return all.length <= 8 ? all : all.filter((each) => Math.abs(Math.log10(each) - Math.round(Math.log10(each))) < 1e-9);
  };
  return [x.scale === 'words' ? wordAxis(base, x.words) : numberAxis(base, x.scale, marks), up];
}

/** Words lean when they are wider than their place. */
function wordAxis(base, all) {
  const wordsOf = (u) => all.map((word) => shorten(word, u.width < 500 ? 13 : 20));
  const widest = (u) => Math.max(...wordsOf(u).map((word) => widthOf(u, word)));
  const leans = (u) => widest(u) > (u.width - 70) / all.length - 8;
  return {
    ...base,
    grid: { show: false },
    splits: () => all.map((word, place) => place),
    values: wordsOf,
    rotate: (u) => leans(u) ? 45 : 0,
    size: (u) => leans(u) ? 24 + Math.ceil(widest(u) * 0.71) : 30,
  };
}

/** Marks at the values that were measured where they have room, else at round ones; names that would stand on others are left out. */
function numberAxis(base, scale, marks) {
  const at = (u, value, least, most) => scale === 'log'
    ? Math.log(value / least) / Math.log(most / least)
    : (value - least) / (most - least);
  const splits = (u, axis, least, most) => {
    const room = u.width - 80;
    const places = marks.map((each) => room * at(u, each, least, most));
    const crowded = places.filter((each, place) => place > 0 && each - places[place - 1] < 26).length;
    if (marks.length <= 16 && (scale === 'log' || crowded === 0)) return marks;
    return scale === 'log' ? decades(least, most) : rounds(least, most, room / 80);
  };
  const values = (u, shown) => {
    const { min, max } = u.scales.x;
    let end = -Infinity;
    return shown.map((each) => {
      const [name, middle] = [exact(each), (u.width - 80) * at(u, each, min, max)];
      const half = widthOf(u, name) / 2;
      if (middle - half < end) return '';
      end = middle + half + 8;
      return name;
    });
  };
  return { ...base, size: 30, splits, values };
}

/** Bars and points, each with its interval. */
function drawPoints(u, chart, lines, isOff) {
  const { ctx, bbox } = u;
  const ratio = uPlot.pxRatio;
  const shown = lines.map((line, place) => ({ ...line, place })).filter(({ place }) => !isOff(place));
  const slot = u.valToPos(1, 'x', true) - u.valToPos(0, 'x', true);
  const wide = Math.min(56 * ratio, (0.8 * slot) / Math.max(1, shown.length));
  const clamp = (y) => Math.min(bbox.top + bbox.height, Math.max(bbox.top, y));
  const up = (value) => clamp(chart.y.log && !(value > 0) ? Infinity : u.valToPos(value, 'y', true));
  ctx.save();
  shown.forEach(({ points, ink: name, stroke, place }, rank) => {
    const ink = colour(name);
    for (const { x, y, low, high } of points) {
      const isBar = chart.x.scale === 'words';
      const middle = u.valToPos(x, 'x', true) + (isBar ? (rank - (shown.length - 1) / 2) * wide : 0);
      if (isBar) drawBar(ctx, { middle, wide, from: bbox.top + bbox.height, to: up(y), ink, stroke, ratio });
      if (low !== null && high !== null) drawInterval(ctx, { middle, from: up(low), to: up(high), ink: isBar ? colour('ink') : ink, ratio, wide: isBar ? wide : Infinity });
      if (!isBar) drawPoint(ctx, { middle, at: u.valToPos(y, 'y', true), ink, stroke, ratio, shape: SHAPES[place % SHAPES.length] });
    }
  });
  ctx.restore();
}
function drawBar(ctx, { middle, wide, from, to, ink, stroke, ratio }) {
  const gap = Math.min(ratio, wide * 0.12);
  const box = [middle - wide / 2 + gap, to, wide - 2 * gap, from - to];
  ctx.fillStyle = stroke ? ink + '33' : ink;
  ctx.fillRect(...box);
  if (!stroke) return;
  ctx.strokeStyle = ink;
  ctx.lineWidth = ratio * 1.25;
  ctx.strokeRect(...box);
}
function drawInterval(ctx, { middle, from, to, ink, ratio, wide }) {
  const cap = Math.min(4 * ratio, wide / 3);
  ctx.strokeStyle = ink;
  ctx.lineWidth = Math.min(1.25 * ratio, wide / 3);
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(middle, from);
  ctx.lineTo(middle, to);
  for (const end of [from, to]) {
    ctx.moveTo(middle - cap, end);
    ctx.lineTo(middle + cap, end);
  }
  ctx.stroke();
}
function drawPoint(ctx, { middle, at, ink, stroke, ratio, shape }) {
  ctx.save();
  ctx.translate(middle, at);
  ctx.scale(ratio, ratio);
  ctx.fillStyle = stroke ? colour('paper') : ink;
  ctx.strokeStyle = stroke ? ink : colour('paper');
  ctx.lineWidth = stroke ? 1.5 : 1;
  ctx.setLineDash([]);
  ctx.fill(shape);
  ctx.stroke(shape);
  ctx.restore();
}

/** What is to be said of the points at one x, those with the greatest values first. */
function pointsAt(chart, columns, lines, isOff, x) {
  const name = (value) => chart.y.unit === 'micros' ? micros(value, true) : NAMES[chart.y.unit](value);
  const found = lines.flatMap((line, place) => isOff(place) ? [] : line.points.filter((each) => each.x === x).map((each) => ({ ...each, line })));
  const value = ({ y, low, high }) => name(y) + (low === null || high === null || found.length > 6 ? '' : ' (' + name(low) + ' to ' + name(high) + ')');
  const head = columns[1].name + ' ' + (chart.x.scale === 'words' ? chart.x.words[x] : exact(x));
  return [[head], ...found.sort((one, other) => other.y - one.y).map((each) => [each.line.name + ' ' + value(each), colour(each.line.ink)])];
}

function pointChart(plot) {
  const { chart, columns, off } = plot;
  const lines = pointLines(plot);
  const isOff = (place) => off.has(place);
  const distinct = (some) => [...new Set(some)].sort((one, other) => one - other);
  const marks = distinct(lines.flatMap(({ points }) => points.map(({ x }) => x)));
  const xs = distinct([...marks, ...lines.flatMap(({ curve }) => curve.map(([x]) => x))]);
  const placeOf = new Map(xs.map((x, place) => [x, place]));
  const column = (pairs) => {
    const values = xs.map(() => null);
    for (const [x, y] of pairs) values[placeOf.get(x)] = y;
    return values;
  };
  const curved = lines.flatMap(({ curve }, place) => curve.length > 0 ? [place] : []);
  const nearest = (u) => marks.reduce((best, each) =>
    Math.abs(u.valToPos(each, 'x') - u.cursor.left) < Math.abs(u.valToPos(best, 'x') - u.cursor.left) ? each : best, marks[0]);
  const series = (place, change) => ({
    label: lines[place].name, show: !isOff(place), stroke: colour(lines[place].ink), spanGaps: true, points: { show: false }, ...change,
  });
  const isBars = chart.x.scale === 'words';
  const joined = (place) => isBars ? { paths: () => null } : { width: 1.75, dash: DASHES[lines[place].stroke] };
  return {
    data: [xs, ...lines.map(({ points }) => column(points.map(({ x, y }) => [x, y]))), ...curved.map((place) => column(lines[place].curve))],
    hooks: { ...tip((u) => pointsAt(chart, columns, lines, isOff, nearest(u))), draw: (u) => drawPoints(u, chart, lines, isOff) },
    cursor: { x: !isBars, y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: pointScales(chart, marks, () => lines.filter((line, place) => !isOff(place))),
    axes: pointAxes(chart, marks),
    series: [{}, ...lines.map((line, place) => series(place, joined(place))),
      ...curved.map((place) => series(place, { width: 1, stroke: colour('ink') }))],
    seriesOf: (line) => [line + 1, ...curved.flatMap((place, rank) => place === line ? [lines.length + 1 + rank] : [])],
  };
}
`;
