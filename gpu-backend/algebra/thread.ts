/** The thread in which formulas are compared: it may be stopped at any moment. */
import { parentPort } from 'node:worker_threads';
import type { FormulaPair } from '../../schemas/equivalence.ts';
import { decide } from './decide.ts';

const port = parentPort!; // this file runs as a worker only

port.on('message', (pair: FormulaPair) => port.postMessage(decide(pair)));
port.postMessage('ready');
