#pragma once
#include "resource_client.hpp"

#include <string>
#include <vector>

namespace ark::cli {

/// Lists the resources of a kind, or shows one (`name`), in every format, and goes on with --watch: what `ark get` and
/// `ark query list` have in common. Takes list_options().
Result<Exit> get_resources(Context& context, const Invocation& invocation, const resources::Kind& kind,
                           std::string name);
std::vector<OptionSpec> list_options();

}  // namespace ark::cli
