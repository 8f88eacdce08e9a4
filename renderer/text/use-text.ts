import { useIntl } from 'react-intl';
import type { MessageKey } from './messages.ts';

type Values = Record<string, string | number>;

/** Looks messages up by key, in the language of the nearest provider. */
export function useText(): (key: MessageKey, values?: Values) => string {
  const intl = useIntl();
  return (key, values) => intl.formatMessage({ id: key }, values);
}
