import { CodedError, errorCodes } from '../../contract/errors.ts';
import type { RenderError } from '../identity/provider/configuration.ts';
import { chooseLocale } from './locale.ts';
import { pageHeaders } from './page-headers.ts';
import { problemPage } from './problem-page.ts';

/** Shows a person what oidc-provider refuses and cannot tell the client of. */
export const renderError: RenderError = (ctx, { error, error_description: description }) => {
  const own = errorCodes.find((code) => code === description);
  const problem = new CodedError(
    own ?? 'invalid-request',
    own === undefined ? { detail: error } : {},
  );
  ctx.set(pageHeaders());
  ctx.type = 'html';
  ctx.body = problemPage(chooseLocale(ctx.get('accept-language')), problem);
};
