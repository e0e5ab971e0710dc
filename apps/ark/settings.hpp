#pragma once
#include "base/result.hpp"
#include "broker/config.hpp"
#include "command.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Every setting as data: its name, default, help, and how its text becomes a value. From this table come the flags of
/// `ark broker`, the variables, the keys of the file, `ark config view` and docs/configuration.md.
namespace ark::cli {

struct Setting {
    std::string_view name;      ///< flag --NAME, file broker.NAME, variable ARK_NAME ('-' becomes '_')
    std::string_view value;     ///< "HOST:PORT"; empty: a flag, "true" or "false" elsewhere
    std::string_view fallback;  ///< the default's text; empty: none
    std::string_view help;
    bool repeat = false;  ///< a list in the file, comma-separated in the environment
    Status (*apply)(broker::BrokerConfig& config, const std::string& text) = nullptr;
};

/// "HOST:PORT", or "off". Errors: config.
Result<std::optional<broker::ListenAddress>> parse_listen(const std::string& text);

/// Of `ark broker` and `ark up`.
const std::vector<Setting>& broker_settings();
/// Of the commands that talk to a broker; keys at the top of the file. Their flags are global_options().
const std::vector<Setting>& client_settings();

std::string variable_of(const Setting& setting);  ///< "ARK_OTLP_LISTEN"
std::vector<OptionSpec> options_of(const std::vector<Setting>& settings);

/// Checks what no single setting can, and fills in the data directory. (Whether an address may be public is the
/// broker's check.)
Status finish(broker::BrokerConfig& config, std::string_view home_data);

}  // namespace ark::cli
