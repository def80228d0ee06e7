/** Ends with 0 once the backend of this container has its models loaded; it sends the key, where there is one. */
const { WINNOW_BACKEND_PORT = '8788', WINNOW_BACKEND_KEY } = process.env;

const healthy = await fetch(`http://127.0.0.1:${WINNOW_BACKEND_PORT}/healthz`, {
  headers: WINNOW_BACKEND_KEY ? { authorization: `Bearer ${WINNOW_BACKEND_KEY}` } : {},
  signal: AbortSignal.timeout(2500), // before the three seconds of whoever asks are over
}).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(healthy ? 0 : 1);
