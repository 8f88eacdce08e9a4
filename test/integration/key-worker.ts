import { openBrokerKeys } from '../../src/broker/tls/broker-keys.ts';
import { rollIdentityOver } from '../../src/broker/tls/rollover.ts';
import { systemClock } from '../../src/contract/clock.ts';

/**
 * A process that works on the keys of a broker as often as it is told. Arguments: their folder, what
 * it does (`rolls` the identity key over, or `announces` other anchors), how often.
 */
const [folder = '', work, rounds] = process.argv.slice(2);
let anchor = 'A'.repeat(43);
const options = { folder, given: null, names: () => ['127.0.0.1'], clock: systemClock };
const keys = await openBrokerKeys({
  ...options,
  get furtherAnchors() {
    return [anchor];
  },
});
for (let round = 0; round < Number(rounds); round += 1) {
  if (work === 'rolls') {
    await rollIdentityOver(folder, Date.now());
  } else {
    anchor = (round % 2 === 0 ? 'B' : 'C').repeat(43);
    await keys.refresh();
  }
}
