import type { Page } from 'playwright';

/**
 * What a person could not see or reach on the page as it stands, one line for each: text and
 * controls beyond the window without a way to scroll to them, text that something cuts off, and
 * whatever needs scrolling sideways.
 */
export function cutOffOn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const skipped = '.visually-hidden, .skip-link, [inert], [aria-hidden=true], .stage, svg *';
    const slack = 2;
    const found: string[] = [];

    for (const element of document.body.querySelectorAll('*')) {
      if (
        element.closest(skipped) !== null ||
        !element.checkVisibility({ visibilityProperty: true })
      )
        continue;
      for (const box of boxesOf(element)) {
        const fault = faultOf(element, box);
        if (fault !== null) found.push(`${fault}: ${nameOf(element)}`);
      }
    }
    return [...new Set(found)];

    /** Of its own text, and of all of it where it can be used. */
    function boxesOf(element: Element): DOMRect[] {
      const usable = element.matches('a, button, input, [tabindex="0"]');
      const boxes = usable ? [element.getBoundingClientRect()] : [];
      for (const node of element.childNodes) {
        if (node.nodeType !== Node.TEXT_NODE || node.nodeValue?.trim() === '') continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        boxes.push(...range.getClientRects());
      }
      return boxes;
    }

    function faultOf(element: Element, box: DOMRect): string | null {
      let { left, right, top, bottom } = box;
      for (let around: Element | null = element; around !== null; around = around.parentElement) {
        const { overflowX, overflowY, position } = getComputedStyle(around);
        const frame = around.getBoundingClientRect();
        // What is for screen readers alone is in a box of a pixel.
        if (frame.width <= 1 && overflowX !== 'visible') return null;
        if (overflowX !== 'visible' && (left < frame.left - slack || right > frame.right + slack)) {
          return overflowX === 'auto' ? 'sideways' : 'cut off';
        }
        const beyond = top < frame.top - slack || bottom > frame.bottom + slack;
        if (overflowY === 'auto') ({ left, right, top, bottom } = frame);
        else if (overflowY !== 'visible' && beyond) return 'cut off';
        if (position === 'fixed') break;
      }
      if (left < -slack || right > innerWidth + slack) return 'beside the window';
      const scrolls = getComputedStyle(document.body).overflowY === 'visible';
      const end = scrolls ? document.documentElement.scrollHeight - scrollY : innerHeight;
      return top + scrollY < -slack || bottom > end + slack ? 'below the window' : null;
    }

    function nameOf(element: Element): string {
      const text = element.textContent.trim().slice(0, 40);
      return `${element.localName}.${element.getAttribute('class') ?? ''} “${text}”`;
    }
  });
}
