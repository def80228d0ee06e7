/** The Worker. */
import json from '#winnow.config.json';
import { createApp } from './app.ts';
import { connect } from './backends/registry.ts';
import { loadConfig } from './config/load.ts';

const config = loadConfig(json);

export default createApp({ config, connect: (name, environment) => connect(name, config.backends[name]!, environment) });
