#!/usr/bin/env bash
# Runs every test: installs what they need and is missing, builds, tests, and ends with the line
# "N passed, N failed, N skipped". Exits non-zero when a test failed. Tests whose needs cannot be
# installed here are skipped by name.
set -uo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else return 1; fi; }

# Debian packages: a browser for the portal, MQTT peers, and the tracer for faults and power cuts.
need_packages() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  command -v mosquitto_pub >/dev/null || missing+=(mosquitto-clients)
  command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing+=(mosquitto)
  command -v strace >/dev/null || missing+=(strace)
  command -v openssl >/dev/null || missing+=(openssl)
  command -v node >/dev/null || missing+=(nodejs npm)
  [ ${#missing[@]} -eq 0 ] && return
  say "Installing ${missing[*]}"
  if ! { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null; then
    echo "Could not install ${missing[*]}: the tests that need them are skipped."
  fi
}

# Clients that nobody here wrote, at the versions of the lock file.
need_node_clients() {
  local folder=Hub.Tests/Clients
  [ -f "$folder/package-lock.json" ] && command -v npm >/dev/null || return
  cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed" && return
  say "Installing the Node clients"
  if (cd "$folder" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error) then
    cp "$folder/package-lock.json" "$folder/node_modules/.installed"
  else
    echo "Could not install the Node clients: the tests that need them are skipped."
  fi
}

need_packages
need_node_clients

say "Building"
restore=()
[ "${CI:-}" = true ] && restore=(-p:RestoreLockedMode=true)
dotnet build Hub.sln -nologo -v q "${restore[@]}" || exit 1

say "Testing"
results=artifacts/tests
rm -rf "$results" && mkdir -p "$results"
# A test that hangs is named after two minutes, and ends the run after twenty: nothing may wait for it for ever. The output goes by way
# of a file, so that a process which a test left behind does not keep the output of this script open.
timeout --kill-after=10 1200 Hub.Tests/bin/Debug/net10.0/Hub.Tests -noLogo -noColor -longRunning 120 -xml "$results/results.xml" "$@" >"$results/console.log" 2>&1 &
tests=$!
tail -n +1 -f --pid=$tests "$results/console.log"
wait $tests
code=$?
[ $code -eq 124 ] && echo "The tests did not end within twenty minutes."

count() { grep -o "<assembly [^>]*" "$results/results.xml" | grep -o "$1=\"[0-9]*\"" | grep -o '[0-9]*' | awk '{ sum += $1 } END { print sum + 0 }'; }
if [ ! -f "$results/results.xml" ]; then
  echo "The tests did not run to their end."
  exit 1
fi
# Once more at the end, where it is seen: a run's output is long.
if [ $code -ne 0 ]; then
  say "What failed"
  grep -a -A 25 '\[FAIL\]' "$results/console.log"
fi
printf '\n%s passed, %s failed, %s skipped\n' "$(count passed)" "$(( $(count failed) + $(count errors) ))" "$(count skipped)"
exit $code
