#!/usr/bin/env bash
# Builds the Onrush this action is a part of. Called by action.yml; does nothing where that has been done.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ ! -f dist/coordinator/cli/main.js ]; then
  npm ci --no-audit --no-fund --loglevel=error
  npm run --silent build
fi
