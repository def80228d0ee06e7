/**
 * Prints the closing line of .ci/run, `N passed, N failed`, and fails where anything did.
 * A stage that failed counts as one failure unless failed tests explain it.
 */
import { readFileSync } from 'node:fs';

const [report, stages] = process.argv.slice(2);

/** Tests by outcome; a file that could not even be loaded is one failure. */
function counts() {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 0 }; // no report: the stage itself has failed, and is counted as that
  }
  const unloaded = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return { passed: results.numPassedTests, failed: results.numFailedTests + unloaded.length };
}

const { passed, failed } = counts();
const explained = failed > 0 ? 1 : 0; // failed tests are why the stage `tests` failed
const failures = failed + Math.max(0, Number(stages) - explained);
console.log(`${passed} passed, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;
