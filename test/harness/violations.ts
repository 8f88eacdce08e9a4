import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';

/** WCAG 2.2 at levels A and AA, and what axe holds to be good practice beyond it. */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * What axe finds against a page as it stands, one line for each rule.
 * @param rules `colours` where all else was judged before; `more contrast` is level AAA's 7 to 1
 */
export async function violationsOn(
  page: Page,
  rules: 'all' | 'colours' | 'more contrast' = 'all',
): Promise<string[]> {
  // None of our pages has frames; without them, no second page need be opened for the results.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  if (rules === 'all') axe.withTags(tags);
  else axe.withRules(rules === 'colours' ? 'color-contrast' : 'color-contrast-enhanced');
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
