// Goal: whatever an agent elsewhere does, the run tells it, asks people once, and sends nothing twice.
#include "runs/remote_agent.hpp"

#include "agents/testing/world.hpp"
#include "runs/engine.hpp"
#include "runs/testing/engine_world.hpp"
#include "runs/testing/quiet_network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::runs {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using tools::a2a::Reply;
using tools::a2a::TaskState;

Reply task_in(TaskState state, std::string text) {
    Reply reply;
    reply.task_id = "T_1";
    reply.context_id = "c1";
    reply.state = state;
    reply.text = std::move(text);
    return reply;
}

/// Answers as the test tells it, in order.
class ScriptedPeer final : public tools::a2a::Client {
public:
    awaitable<Result<tools::a2a::AgentCard>> card(std::stop_token) override { co_return tools::a2a::AgentCard{}; }
    awaitable<Result<Reply>> send(tools::a2a::Outgoing message, tools::CallContext context) override {
        sent.push_back(std::move(message));
        fields = std::move(context.fields);
        co_return next(replies);
    }
    awaitable<Result<Reply>> stream(tools::a2a::Outgoing message, tools::CallContext context,
                                    std::function<void(const tools::a2a::Update&)> on_update) override {
        sent.push_back(std::move(message));
        fields = std::move(context.fields);
        if (tells_task) {
            tools::a2a::Update update;
            update.task_id = "T_1";
            update.context_id = "c1";
            update.text = "thinking";
            on_update(update);
        }
        if (on_stream) on_stream();
        co_return next(replies);
    }
    awaitable<Result<Reply>> task(std::string, tools::CallContext) override {
        ++asked;
        co_return next(states);
    }
    awaitable<Result<Reply>> cancel(std::string task_id, tools::CallContext) override {
        canceled.push_back(std::move(task_id));
        co_return task_in(TaskState::canceled, "");
    }

    std::deque<Result<Reply>> replies;
    std::deque<Result<Reply>> states;
    std::vector<tools::a2a::Outgoing> sent;
    std::vector<std::string> canceled;
    net::Fields fields;
    std::function<void()> on_stream;
    bool tells_task = false;
    int asked = 0;

private:
    static Result<Reply> next(std::deque<Result<Reply>>& from) {
        if (from.empty()) return fail(Errc::bad_argument, "nothing more to say");
        auto reply = std::move(from.front());
        from.pop_front();
        return reply;
    }
};

class PeerNetwork final : public QuietNetwork {
public:
    awaitable<Result<Peer>> peer(Lookup&, resources::ResourcePtr server) override {
        Peer made;
        made.client = client;
        made.server = server->name();
        made.address = "http://partner";
        co_return made;
    }
    std::shared_ptr<ScriptedPeer> client = std::make_shared<ScriptedPeer>();
};

class RemoteAgentTest : public EngineWorld<Engine> {
protected:
    RemoteAgentTest() {
        create("A2AServer", R"({"metadata":{"name":"partner"},"spec":{"address":{"value":"http://127.0.0.1:1/"}}})");
        create("Agent", R"({"metadata":{"name":"far","annotations":{"ark.mckinsey.com/a2a-server-name":"partner"}},)"
                        R"("spec":{"executionEngine":{"name":"a2a"}}})");
        create("Query", R"({"metadata":{"name":"q"},"spec":{"input":"hi","target":{"type":"agent","name":"far"},)"
                        R"("conversationId":"c0"}})");
    }
    ~RemoteAgentTest() override { stop(); }

    void start() {
        restart_process();
        Services services{store_.store(), network_, tracer_, *steps_, store_.clock};
        engine_ = Engine::create(services, {8}, context_.get_executor());
        engine_->start();
    }
    codec::JsonValue status() { return store_.get("Query", "q")->value["status"]; }
    void wait_for(const std::string& phase) {
        until([&] { return status()["phase"].text() == phase && (phase != "input-required" || asks()); });
    }
    bool asks() { return engine_->counters().asking == 1; }
    codec::JsonValue task() {
        const auto name = std::string(task_name());
        return store_.get("A2ATask", name)->value;
    }
    std::string task_name() { return store_.names("A2ATask").at(0); }

    PeerNetwork network_;
    ScriptedPeer& peer_ = *network_.client;
};

TEST_F(RemoteAgentTest, AMessageIsAnAnswer) {
    Reply reply;
    reply.text = "14:05";
    reply.context_id = "c1";
    peer_.replies.push_back(std::move(reply));
    start();
    wait_for("done");
    EXPECT_EQ(status()["response"]["content"].text(), "14:05");
    EXPECT_EQ(status()["response"]["a2a"]["contextId"].text(), "c1");
    EXPECT_EQ(peer_.sent[0].context_id, "c0");
    EXPECT_TRUE(peer_.fields.has("traceparent"));
    EXPECT_TRUE(peer_.fields.has("baggage"));
    EXPECT_THAT(recorded_.reasons(), Contains("A2ACallStart").Times(1));
    EXPECT_THAT(recorded_.reasons(), Contains("A2ACallComplete").Times(1));
    EXPECT_TRUE(store_.names("A2ATask").empty()) << "a message is no task";
}

TEST_F(RemoteAgentTest, ATaskThatGoesOnIsAskedForAndATroubledOneAgain) {
    peer_.replies.push_back(task_in(TaskState::working, ""));
    peer_.states.push_back(fail(Errc::connect, "away"));
    peer_.states.push_back(task_in(TaskState::completed, "14:05"));
    start();
    wait_for("done");
    EXPECT_EQ(peer_.sent.size(), 1u);
    EXPECT_EQ(status()["response"]["content"].text(), "14:05");
    EXPECT_EQ(task()["status"]["phase"].text(), "completed");
    EXPECT_EQ(task()["spec"]["taskId"].text(), "T_1");
    EXPECT_THAT(task_name(), HasSubstr("a2a-task-t-1-"));
    EXPECT_THAT(recorded_.reasons(), Contains("TaskPollingFailed").Times(1));
}

TEST_F(RemoteAgentTest, ALostStreamIsFollowed) {
    peer_.tells_task = true;
    peer_.replies.push_back(fail(Errc::deadline, "the stream stands still"));
    peer_.states.push_back(task_in(TaskState::completed, "14:05"));
    start();
    wait_for("done");
    EXPECT_EQ(peer_.sent.size(), 1u);
    EXPECT_EQ(task()["status"]["lastStatusMessage"]["parts"][std::size_t{0}]["text"].text(), "thinking");
}

TEST_F(RemoteAgentTest, TheNextProcessFollowsTheTask) {
    peer_.replies.push_back(task_in(TaskState::working, ""));
    peer_.states.push_back(task_in(TaskState::working, ""));
    start();
    until([&] { return peer_.asked == 1; });
    stop();
    EXPECT_TRUE(peer_.canceled.empty()) << "a process that stops cancels nothing";
    EXPECT_THAT(recorded_.reasons(), Not(Contains("A2ACallCanceled")));
    peer_.states.push_back(task_in(TaskState::completed, "14:05"));
    start();
    wait_for("done");
    EXPECT_EQ(peer_.sent.size(), 1u);
    EXPECT_THAT(recorded_.reasons(), Contains("A2ACallStart").Times(1));
}

TEST_F(RemoteAgentTest, FailuresAreTheQuerys) {
    peer_.replies.push_back(task_in(TaskState::rejected, "not mine"));
    start();
    wait_for("error");
    EXPECT_THAT(std::string(status()["response"]["content"].text()), HasSubstr("rejected: not mine"));
    EXPECT_THAT(recorded_.reasons(), Contains("A2ACallError").Times(1));
    EXPECT_EQ(task()["status"]["phase"].text(), "failed");
    EXPECT_EQ(task()["status"]["error"].text(), "not mine");
}

TEST_F(RemoteAgentTest, ACanceledQueryCancelsTheTask) {
    peer_.replies.push_back(task_in(TaskState::working, ""));
    for (int i = 0; i < 100; ++i)
        peer_.states.push_back(task_in(TaskState::working, ""));
    start();
    until([&] { return peer_.asked == 1; });
    ASSERT_TRUE(store_.merge("Query", "q", R"({"spec":{"cancel":true}})"));
    wait_for("canceled");
    EXPECT_THAT(peer_.canceled, testing::ElementsAre("T_1"));
    EXPECT_THAT(recorded_.reasons(), Contains("A2ACallCanceled").Times(1));
    EXPECT_EQ(task()["status"]["phase"].text(), "cancelled");
}

TEST_F(RemoteAgentTest, AQuestionIsAskedOfPeople) {
    peer_.replies.push_back(task_in(TaskState::input_required, "Which one?"));
    peer_.replies.push_back(task_in(TaskState::completed, "blue it is"));
    start();
    wait_for("input-required");
    EXPECT_EQ(status()["questions"][std::size_t{0}]["message"].text(), "Which one?");
    ASSERT_TRUE(store_.merge("A2ATask", task_name(), R"({"spec":{"input":"blue"}})"));
    wait_for("done");
    EXPECT_EQ(peer_.sent[1].text, "blue");
    EXPECT_EQ(peer_.sent[1].task_id, "T_1");
    EXPECT_EQ(status()["response"]["content"].text(), "blue it is");
    EXPECT_THAT(recorded_.reasons(), Contains("QuestionAsked").Times(1));
    EXPECT_THAT(recorded_.reasons(), Contains("QuestionAnswered").Times(1));
}

TEST_F(RemoteAgentTest, AQuestionThatNobodyAnswersExpires) {
    peer_.replies.push_back(task_in(TaskState::input_required, "Which one?"));
    start();
    wait_for("input-required");
    stop();
    store_.clock.advance_ms(13 * 3'600'000);
    start();
    wait_for("error");
    EXPECT_THAT(recorded_.reasons(), Contains("QuestionExpired").Times(1));
    EXPECT_THAT(peer_.canceled, testing::ElementsAre("T_1"));
}

TEST_F(RemoteAgentTest, AQuestionOfACanceledQueryIsWithdrawn) {
    peer_.replies.push_back(task_in(TaskState::input_required, "Which one?"));
    start();
    wait_for("input-required");
    ASSERT_TRUE(store_.merge("Query", "q", R"({"spec":{"cancel":true}})"));
    wait_for("canceled");
    EXPECT_THAT(recorded_.reasons(), Contains("QuestionCanceled").Times(1));
    EXPECT_THAT(peer_.canceled, testing::ElementsAre("T_1"));
}

}  // namespace
}  // namespace ark::runs
