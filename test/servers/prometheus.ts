import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PrivateServer, startPrivateServer } from './private-server.ts'
import { prometheusServer, requireProgram } from './programs.ts'

/** Starts a private Prometheus that scrapes these targets each second, and evaluates the rules of a file. */
export function startPrometheus(
  job: string,
  targets: readonly string[],
  rules: string,
): Promise<PrivateServer> {
  const path = requireProgram(prometheusServer)
  return startPrivateServer({
    name: 'prometheus',
    command({ folder, port }) {
      const config = {
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: [rules],
        scrape_configs: [{ job_name: job, static_configs: [{ targets }] }],
      }
      // JSON is YAML.
      writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
      const place = [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
      ]
      return { path, args: [...place, `--web.listen-address=127.0.0.1:${port}`] }
    },
    ready: /Server is ready to receive web requests/,
    stopSignal: 'SIGKILL',
  })
}
