#!/usr/bin/env bash
# Writes services/pb from the protos. protoc's Python imports start at the proto root ("from vitrine.v1 import …"), which
# is not importable from here, so they get the package's own path in front (https://github.com/protocolbuffers/protobuf/issues/1491).
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
out=${1:-services/pb}
PATH="$(dirname "$(command -v "$python")"):$PATH" # protoc looks its plugins up there
mkdir -p "$out"
"$python" -m grpc_tools.protoc -I protos --python_out="$out" --grpc_python_out="$out" --mypy_out="quiet:$out" \
  --mypy_grpc_out="quiet:$out" protos/vitrine/v1/*.proto
find "$out" -name '*_pb2*' -exec sed -i -E 's/^(from|import) vitrine\.v1/\1 services.pb.vitrine.v1/; s/\bvitrine\.v1\.([a-z]+_pb2)/services.pb.vitrine.v1.\1/g; s/services\.pb\.services\.pb/services.pb/g' {} +
touch "$out/__init__.py" "$out/vitrine/__init__.py" "$out/vitrine/v1/__init__.py"
