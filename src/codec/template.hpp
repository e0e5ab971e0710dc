#pragma once
#include "base/result.hpp"
#include "codec/json_value.hpp"

#include <string>
#include <string_view>

namespace ark::codec {

/// Go's text/template as far as prompts and inputs use it: `{{.name}}`, `{{ .input.field }}`, `{{-` and `-}}` that trim
/// the space around, `{{/* comments */}}`, `{{"text"}}`. Texts stand as they are, other values as JSON.
///
/// bad_argument, with the line and the action, for anything else, and for a name that the data does not have: a
/// template that cannot be filled must not reach a model half filled. too_large beyond 16 MiB.
Result<std::string> render_template(std::string_view text, const JsonValue& data);

}  // namespace ark::codec
