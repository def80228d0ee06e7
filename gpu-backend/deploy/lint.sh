#!/bin/sh
# Checks the Dockerfile and the manifests with the tools of lint-requirements.txt; no daemon, no cluster.
#   KSERVE_CRD=FILE sh gpu-backend/deploy/lint.sh   checks kserve.yaml too (see check_kserve.py)
set -eu
cd "$(dirname "$0")"

hadolint ../Dockerfile
yamllint --strict -c .yamllint.yaml .
for file in config.yaml pull.yaml kubernetes.yaml; do
  kubernetes-validate --strict "$file"
done
if [ -n "${KSERVE_CRD:-}" ]; then python3 check_kserve.py "$KSERVE_CRD" kserve.yaml; fi
