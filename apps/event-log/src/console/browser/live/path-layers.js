// The way of a fault through the running laboratory, from left to right: what stands where, how it is, and who sends to whom.
import { deviceName, iommuName } from '../scenario.js';
import { count, micros, rate, several } from '../words.js';

/** @typedef {import('./feed.js').LiveState} LiveState */
/** @typedef {import('../scenario.js').Scenario} Scenario */
/** @typedef {import('./rates.js').Rates} Rates */

/**
 * @typedef {'here' | 'late' | 'gone' | 'nobody' | 'many'} Health `nobody`: a unit without an owner; `many`: it stands for several
 *
 * @typedef {object} Node
 * @property {string} id
 * @property {string} name
 * @property {Health} health of what owns it, or of itself
 * @property {string[]} lines what is to be known of it: as many and as short at every moment, or what is below would jump
 * @property {number} load from 0 to 1: how full it is beside the fullest of its kind
 * @property {string[]} to ids of the nodes that it sends to
 *
 * @typedef {{ title: string, nodes: Node[] }} Layer
 */

/** Nodes of a layer that are shown; the last one stands for all others. */
const MOST = 8;

/** @param {LiveState} state @param {Scenario | null} scenario @param {Rates} rates @returns {Layer[]} */
export function pathLayers(state, scenario, rates) {
  const healthOf = unitHealth(state);
  const workers = state.services.filter(({ service }) => service === 'iopf-worker');
  const shards = (scenario?.shards ?? []).map(({ shard }) => shard);
  return [
    { title: 'devices', nodes: deviceNodes(state, scenario, rates, healthOf) },
    { title: 'IOMMUs', nodes: iommuNodes(state, scenario, rates, healthOf) },
    { title: 'IOPF queues', nodes: queueNodes(state, rates, workers) },
    {
      title: 'workers',
      nodes: workers.map(({ instance, standing, state: own, deadLetters }) => ({
        ...{ id: `worker ${instance}`, name: instance, health: standing, load: 0 },
        lines: [own, ...(deadLetters > 0 ? [several(deadLetters, 'dead letter')] : [])],
        to: standing === 'gone' ? [] : shards.map((shard) => `mm.${shard}`),
      })),
    },
    {
      title: 'mm shards',
      nodes: shards.map((shard) => ({
        ...{ id: `mm.${shard}`, name: `mm ${shard}`, health: healthOf(`mm.${shard}`), load: 0, to: [] },
        lines: [ownerOf(state, `mm.${shard}`)],
      })),
    },
  ].map(({ title, nodes }) => ({ title, nodes: folded(nodes) }));
}

/** @param {LiveState} state */
const unitHealth = (state) => (/** @type {string} */ unit) => {
  const owner = state.units.find((each) => each.unit === unit)?.owner;
  return (
    state.services.find(({ instance }) => instance === owner)?.standing ?? /** @type {Health} */ ('nobody')
  );
};

/** @param {LiveState} state @param {string} unit */
function ownerOf(state, unit) {
  const { owner = null, epoch = null } = state.units.find((each) => each.unit === unit) ?? {};
  return owner === null ? 'no owner' : `${owner}${epoch === null ? '' : `, epoch ${epoch}`}`;
}

/** @param {LiveState} state @param {Scenario | null} scenario @param {Rates} rates @param {(unit: string) => Health} healthOf @returns {Node[]} */
function deviceNodes({ devices }, scenario, rates, healthOf) {
  const fullest = Math.max(1, ...devices.map(({ open }) => open));
  return (scenario?.devices ?? devices.map(({ device }) => ({ device, iommu: 0, segment: 0 }))).map(
    ({ device, iommu, segment }) => {
      const { open = 0, settled = 0, retried = 0 } = devices.find((each) => each.device === device) ?? {};
      return {
        ...{
          id: `device ${device}`,
          name: deviceName(scenario, device),
          health: healthOf(`segment.${segment}`),
        },
        ...{ load: open / fullest, to: [`iommu.${iommu}`] },
        lines: [
          `${rate(rates.of(`device ${device}`))}, ${count(open)} open`,
          `${count(settled)} settled`,
          `${count(retried)} retried`,
        ],
      };
    },
  );
}

/** @param {LiveState} state @param {Scenario | null} scenario @param {Rates} rates @param {(unit: string) => Health} healthOf @returns {Node[]} */
function iommuNodes(state, scenario, rates, healthOf) {
  const units = scenario?.iommus ?? [];
  return units.map(({ iommu, model }) => {
    const unit = `iommu.${iommu}`;
    const queues = state.queues.filter((each) => each.iommu === iommu);
    const queued = queues.reduce((sum, each) => sum + (rates.of(`queued ${queueId(each)}`) ?? 0), 0);
    return {
      ...{ id: unit, name: iommuName(scenario, iommu), health: healthOf(unit), load: 0 },
      lines: [`${model}, ${rate(queued)} groups`, ownerOf(state, unit)],
      to: queues.map(queueId),
    };
  });
}

/** @param {{ iommu: number, queue: string }} queue */
export const queueId = ({ iommu, queue }) => `${iommu} ${queue}`;

/** @param {LiveState} state @param {Rates} rates @param {LiveState['services']} workers @returns {Node[]} */
function queueNodes({ queues }, rates, workers) {
  const fullest = Math.max(1, ...queues.map(({ depth }) => depth));
  return queues.map((each) => {
    const { queue, depth, oldestAgeMicros, handled } = each;
    return {
      ...{ id: queueId(each), name: queue, load: depth / fullest },
      // A queue is as well as those who empty it.
      health: workers.some(({ standing }) => standing === 'here')
        ? 'here'
        : workers.some(({ standing }) => standing === 'late')
          ? 'late'
          : 'nobody',
      lines: [
        `${count(depth)} deep${oldestAgeMicros === null ? '' : `, oldest ${micros(oldestAgeMicros)}`}`,
        `${rate(rates.of(`handled ${queueId(each)}`))} groups`,
        `${count(handled)} handled`,
      ],
      to: workers.filter(({ standing }) => standing !== 'gone').map(({ instance }) => `worker ${instance}`),
    };
  });
}

/** @param {Node[]} nodes @returns {Node[]} */
function folded(nodes) {
  if (nodes.length <= MOST) return nodes;
  const rest = nodes.slice(MOST - 1);
  const odd = rest.filter(({ health }) => health !== 'here').length;
  return [
    ...nodes.slice(0, MOST - 1),
    {
      ...{
        id: rest.map(({ id }) => id).join(),
        name: `${rest.length} more`,
        health: odd > 0 ? 'many' : 'here',
      },
      lines: [odd > 0 ? `${odd} of them not well` : 'all of them well'],
      load: Math.max(...rest.map(({ load }) => load)),
      to: [...new Set(rest.flatMap(({ to }) => to))],
    },
  ];
}
