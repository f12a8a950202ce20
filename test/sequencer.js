const { default: Sequencer } = require('@jest/test-sequencer');

/** Rooms with suites that take minutes, the longest first: what is short fills the gaps at the end. */
const LONG = ['documents', 'simulation', 'e2e', 'browser', 'integration'].map((room) => `/test/${room}/`);

/** Begins with what takes long, also where nothing was ever run and jest knows no durations. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const place = LONG.findIndex((room) => path.includes(room));
      return place < 0 ? LONG.length : place;
    };
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
};
