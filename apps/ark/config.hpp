#pragma once
#include "base/result.hpp"
#include "broker/config.hpp"
#include "settings.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Where settings come from. One precedence: flag, then environment, then file, then default.
/// Files: the one that --config names, else ./ark.yaml over $XDG_CONFIG_HOME/ark/config.yaml.
namespace ark::cli {

/// The process's environment, or a test's.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

/// A setting with what it is now and who said so.
struct Effective {
    const Setting* setting = nullptr;
    std::vector<std::string> values;  ///< one, unless the setting repeats; none: not set
    std::string origin;               ///< "flag", "env ARK_LISTEN", "/etc/ark.yaml:3", "default"
};

class Configuration {
public:
    /// Reads the files (missing ones are fine, unless named by --config). Unknown keys are errors that name the nearest
    /// known one.
    static Result<Configuration> load(const Invocation& invocation, const Environment& environment);

    const std::vector<Effective>& broker() const { return broker_; }
    const std::vector<Effective>& client() const { return client_; }
    /// Of a client setting: its text, "" when there is none.
    std::string client_text(std::string_view name) const;

    /// Takes the variables of the reference's broker for what nothing stronger has said (reference_variables.hpp).
    Status adopt_reference_variables(const Environment& environment);
    /// Parsed and checked; the error says which setting, from where.
    Result<broker::BrokerConfig> broker_config() const;
    std::string default_data_directory() const { return home_data_; }

private:
    std::vector<Effective> broker_;
    std::vector<Effective> client_;
    std::string home_data_;
};

}  // namespace ark::cli
