#pragma once
#include "tools/tool.hpp"

/// Another agent over A2A, JSON-RPC binding, protocol 0.3 and 1.0.
namespace ark::tools::a2a {

struct AgentCard {
    std::string name;
    std::string description;
    std::string version;
    std::string url;               ///< where JSON-RPC is answered
    std::string protocol_version;  ///< "0.3" or "1.0"
    std::string tenant;            ///< of the interface; goes along with every request
    bool streaming = false;
    codec::JsonValue skills;

    /// protocol: no card, or none of its interfaces is JSON-RPC.
    static Result<AgentCard> parse(std::string_view text);
};

enum class TaskState {
    submitted,
    working,
    completed,
    failed,
    canceled,
    input_required,
    rejected,
    auth_required,
    unknown
};
std::string_view name(TaskState state);        ///< as in 0.3: "input-required"
TaskState parse_state(std::string_view text);  ///< of either version; unknown for anything else
bool is_terminal(TaskState state);

/// What an agent answered: a message, or a task in some state.
struct Reply {
    std::string text;     ///< of the message; of a task: its artifacts, else its status message, else the agent's words
    std::string task_id;  ///< empty: a message
    std::string context_id;  ///< to be sent along with what follows in this conversation
    TaskState state = TaskState::completed;
    codec::JsonValue json;  ///< as it came
};

/// One thing that happened while an agent works.
struct Update {
    TaskState state = TaskState::working;
    std::string text;  ///< of the status message or the artifact's piece
    bool artifact = false;
    bool append = false;  ///< continues the piece before it
    std::string task_id;  ///< as far as it is known
    std::string context_id;
};

struct Outgoing {
    std::string text;
    std::string message_id;
    std::string context_id;  ///< empty: a new conversation
    std::string task_id;     ///< set: answers a task that asked for input
    std::string extension;   ///< URI of one that the message makes use of
    std::string metadata;    ///< JSON object; empty: none
};

struct ClientConfig {
    std::string url;     ///< of the agent: its host, or where its card is
    net::Fields fields;  ///< authorization and the like; never shown
    /// Post to `url` whatever the card says. So it is anyway when the card names another origin: behind a proxy it
    /// means one of the inside, and `fields` are not for others.
    bool ignore_card_url = false;
    std::chrono::milliseconds discovery_timeout{30'000};
    std::size_t message_bytes_max = 16u << 20;
};

/// Used from one io_context; calls may overlap. A call that is stopped closes its connection; cancel() tells the agent.
class Client {
public:
    virtual ~Client() = default;
    /// `client` outlives it.
    static std::unique_ptr<Client> create(net::HttpClient& client, ClientConfig config);

    /// Fetches the card from /.well-known/agent-card.json, then from the older /.well-known/agent.json. Kept.
    virtual awaitable<Result<AgentCard>> card(std::stop_token stop) = 0;
    /// Sends and waits for the end, or for a question of the agent. Fetches the card first if need be.
    virtual awaitable<Result<Reply>> send(Outgoing message, CallContext context) = 0;
    /// The same, with what happens meanwhile. An agent that cannot stream is asked without; a stream that breaks off is
    /// not sent again: the task is asked for instead.
    virtual awaitable<Result<Reply>> stream(Outgoing message, CallContext context,
                                            std::function<void(const Update&)> on_update) = 0;
    virtual awaitable<Result<Reply>> task(std::string task_id, CallContext context) = 0;
    virtual awaitable<Result<Reply>> cancel(std::string task_id, CallContext context) = 0;
};

}  // namespace ark::tools::a2a
