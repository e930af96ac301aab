/** Cases at once: most of them wait. */
const AT_ONCE = 8;

/** One connection of a client under test. */
export type Connect = (url: string, onText: (text: string) => void) => Promise<void>;

/**
 * Runs all cases of a fuzzing server, as Autobahn's convention has it.
 *
 * @param tell - connects and hands over what the server says
 * @param echo - connects and echoes; resolves when the connection is over, or could not be made
 */
export async function driveCases(
  url: string,
  agent: string,
  tell: Connect,
  echo: (url: string) => Promise<void>,
): Promise<void> {
  let count = 0;
  await tell(`${url}/getCaseCount`, (text) => {
    count = Number(text);
  });
  const numbers = Array.from({ length: count }, (_, index) => index + 1).values();
  const worker = async (): Promise<void> => {
    for (const number of numbers)
      await echo(`${url}/runCase?case=${String(number)}&agent=${encodeURIComponent(agent)}`);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await tell(`${url}/updateReports?agent=${encodeURIComponent(agent)}`, () => undefined);
}
