import { useText } from '../text/use-text.ts';

/** A code to be read out or typed elsewhere: seen in groups, heard letter by letter. */
export function SpelledCode({ code }: { code: string | null }) {
  return <p className="spelled-code">{code !== null && <Letters code={code} />}</p>;
}

function Letters({ code }: { code: string }) {
  const text = useText();
  return (
    <>
      <span className="visually-hidden">
        {text('enroll.code', { letters: [...code.replace('-', '')].join(', ') })}
      </span>
      <span aria-hidden="true" dir="ltr">
        {code}
      </span>
    </>
  );
}
