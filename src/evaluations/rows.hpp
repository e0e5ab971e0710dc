#pragma once
#include "evaluations/index.hpp"

/// Rows of evaluations as the API shows them.
namespace ark::evaluations {

/// {"id","name","state","passed","score","query","session","created","updated"}; passed and score once there is a
/// result.
JsonValue json_of(const Row& row);
/// Adds the members of a recorded result that the row does not tell itself.
void add_result(JsonValue& row, std::string_view result);

/// {"items":[…],"nextCursor"}: newest first. Parameters: query, session, name, passed, state, limit (1 to 1000, default
/// 100), cursor. bad_argument names the parameter.
Result<JsonValue> page_of(const Index& index, std::string_view tenant, std::string_view raw_query);

}  // namespace ark::evaluations
