// mnist_vae --evaluate: the numbers and pictures of a checkpoint, and the checkpoints that it does not trust.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "tests/common/checkpoint_files.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

/// A safetensors file with this header, whatever it says, and `bytes` bytes of data behind it.
std::string hand_made(const std::string& header, std::size_t bytes) {
    const std::uint64_t length = header.size();
    std::string content(sizeof length, '\0');
    std::memcpy(content.data(), &length, sizeof length);
    return content + header + std::string(bytes, '\0');
}

class Evaluate : public VaeProgram {
protected:
    Evaluate() { train(run_); }

    Outcome evaluate(const std::string& file, const Arguments& more = {}) const {
        Arguments arguments = {"--evaluate", file, "--data", data()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return vae(arguments);
    }

    /// Expects that the file is refused with exit code 3 and its name, and that no picture is drawn.
    void expect_refused(const std::string& file, std::initializer_list<std::string> parts) const {
        const Snapshot before = snapshot();
        const Outcome outcome = evaluate(file, {"--out", path("pictures")});
        expect_refusal(outcome, 3, {file});
        expect_refusal(outcome, 3, parts);
        EXPECT_EQ(outcome.out, "");
        EXPECT_TRUE(snapshot() == before) << "something on the disk has changed";
    }
    void expect_content_refused(const std::string& content, std::initializer_list<std::string> parts) const {
        write_text(path("bad.safetensors"), content);
        expect_refused(path("bad.safetensors"), parts);
    }
    /// The same with the good checkpoint's arrays and other facts.
    void expect_facts_refused(const SafetensorsMetadata& changes, std::initializer_list<std::string> parts) const {
        const SafetensorsFile good = SafetensorsFile::open(checkpoint_of(run_));
        SafetensorsMetadata facts = good.metadata();
        for (const auto& [name, value] : changes) facts[name] = value;
        write_with_facts(path("bad.safetensors"), good.entries(), facts);
        expect_refused(path("bad.safetensors"), parts);
    }

    const std::string run_ = path("run");
};

TEST_F(Evaluate, ReproducesTheModelsQuality) {
    const Outcome outcome = evaluate(checkpoint_of(run_), {"--out", path("pictures")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto line = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(line["split"], "test");
    EXPECT_EQ(line["images"], kTestImages);
    EXPECT_EQ(line["loss"], metrics(run_).back()["loss"]) << "to the digit";
    for (const char* name : {"samples.png", "reconstructions.png", "interpolations.png"})
        EXPECT_EQ(read_text(fs::path(path("pictures")) / name).substr(1, 3), "PNG");
    // The pictures of the same codes by the same parameters are the same bytes.
    EXPECT_EQ(read_text(path("pictures") + "/samples.png"), read_text(run_ + "/samples/epoch-002.png"));
}

TEST_F(Evaluate, FindsTheLossOfARunOfAnotherSeed) {
    train(path("seeded"), {"--seed", "7", "--epochs", "3"});
    const Outcome outcome = vae({"--evaluate", path("seeded")});
    EXPECT_EQ(nlohmann::json::parse(outcome.out)["loss"], metrics(path("seeded")).back()["loss"]);
    const Outcome other = vae({"--evaluate", path("seeded"), "--seed", "1"});
    EXPECT_NE(nlohmann::json::parse(other.out)["loss"], metrics(path("seeded")).back()["loss"]);
}

TEST_F(Evaluate, OverwritesNothing) {
    write_text(path("mine/samples.png"), "precious");
    expect_refusal(vae({"--evaluate", run_, "--out", path("mine")}), 2, {"--evaluate", "is not empty", "--out"});
    EXPECT_EQ(read_text(path("mine/samples.png")), "precious");
}

TEST_F(Evaluate, UsesTheDataThatTheRunNames) {
    const Outcome outcome = vae({"--evaluate", run_});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto line = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(line["images"], kTestImages);
    EXPECT_EQ(line["data"], "digits-tiny");
    EXPECT_FALSE(line.contains("warning"));
    EXPECT_EQ(outcome.out, evaluate(checkpoint_of(run_)).out);

    // The same place, another content: nobody asked for that.
    const std::string labels = data() + "/t10k-labels-idx1-ubyte", good = read_text(labels);
    std::string changed = good;
    changed.back() ^= 1;
    write_text(labels, changed);
    expect_refusal(vae({"--evaluate", run_}), 3, {"expected the data that it was trained on", "digits-tiny", "--data"});
    const Outcome asked = vae({"--evaluate", run_, "--data", data()});
    EXPECT_EQ(asked.exit_code, 0);
    EXPECT_NE(asked.err.find("not the data it was trained on"), std::string::npos) << asked.err;
    EXPECT_EQ(nlohmann::json::parse(asked.out)["warning"], "not the data it was trained on");

    // A checkpoint that lies in no run, and an old one.
    write_text(labels, good);
    fs::copy(checkpoint_of(run_), path("alone.safetensors"));
    expect_refusal(vae({"--evaluate", path("alone.safetensors"), "--data", ""}), 3,
                   {"expected the data that it was trained on", "found digits"});
    EXPECT_EQ(vae({"--evaluate", path("alone.safetensors"), "--data", data()}).exit_code, 0);
    make_older(run_, [](SafetensorsMetadata&) {});
    const Outcome old = vae({"--evaluate", run_});
    EXPECT_EQ(old.exit_code, 0) << old.err;
    EXPECT_NE(old.err.find("too old to tell"), std::string::npos) << old.err;
}

TEST_F(Evaluate, WritesNothingWithoutOut) {
    const Snapshot before = snapshot();
    EXPECT_EQ(evaluate(checkpoint_of(run_)).exit_code, 0);
    EXPECT_TRUE(snapshot() == before);
}

TEST_F(Evaluate, RefusesDamagedFiles) {
    expect_refused(path("missing.safetensors"), {"No such file"});
    expect_refused(data(), {"expected a checkpoint, or the folder of a run", "this folder has none"});
    const std::string good = read_text(checkpoint_of(run_));
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{5}, std::size_t{100}, good.size() / 2, good.size() - 1})
        expect_content_refused(good.substr(0, length), {"damaged"});
    expect_content_refused(good + "x", {"1 bytes follow the last array"});
    expect_content_refused(read_text(run_ + "/config.toml"), {"header length", "not a safetensors file"});
}

TEST_F(Evaluate, RefusesHostileHeaders) {
    expect_content_refused(std::string(8, '\xff') + "{}", {"header length"});
    expect_content_refused(hand_made("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                                     "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
                                     12),
                           {"inside an array"});
    expect_content_refused(hand_made("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],"
                                     "\"data_offsets\":[0,8]}}",
                                     8),
                           {"too large"});
    expect_content_refused(hand_made("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8),
                           {"do not lie within"});
    expect_content_refused(hand_made(std::string(100'000, '['), 0), {"should begin with '{'"});
    expect_content_refused(hand_made("{\"a\":" + std::string(100'000, '['), 0), {"deeper"});
}

TEST_F(Evaluate, RefusesOtherModels) {
    expect_content_refused(hand_made("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8),
                           {"expected a checkpoint written by sinter"});
    expect_facts_refused({{"model", "dcgan"}}, {"expected a checkpoint of a vae", "'dcgan'"});
    expect_facts_refused({{"model.hidden", "33"}}, {"encoder.hidden.weight", "[33, 784]", "[32, 784]"});
    expect_facts_refused({{"model.latent", "21"}}, {"shape"});
    expect_facts_refused({{"model.hidden", "32,x"}}, {"model.hidden", "'x'"});
    expect_facts_refused({{"model.hidden", ""}}, {"model.hidden", "''"});
    expect_facts_refused({{"model.likelihood", "poisson"}}, {"model.likelihood", "'poisson'"});
    expect_facts_refused({{"model.arch", "convolutional"}}, {"model.arch", "'convolutional'"});
    expect_facts_refused({{"model.arch", "conv"}}, {"features.down1.weight", "does not have it"});
    expect_facts_refused({{"model.arch", "conv"}, {"model.height", "27"}}, {"damaged", "27x28"});
    expect_facts_refused({{"model.height", "-28"}}, {"model.height", "'-28'"});
    expect_facts_refused({{"model.width", "10"}}, {"encoder.hidden.weight", "[32, 280]", "[32, 784]"});
    expect_facts_refused({{"model.classes", "10"}}, {"encoder.hidden.weight", "[32, 794]"});
    expect_facts_refused({{"model.classes", "257"}}, {"model.classes", "'257'"});
    // A model of terabytes must be refused before it is made.
    expect_facts_refused({{"model.hidden", "1048576,1048576"}}, {"1048576"});
}

TEST_F(Evaluate, ResumeDoesNotTrustTheCheckpointEither) {
    const SafetensorsFile good = SafetensorsFile::open(checkpoint_of(run_));
    const auto expect_refused_fact = [&](const char* name, const char* value) {
        SafetensorsMetadata facts = good.metadata();
        facts["epoch.numbers"] = "loss";
        facts["epoch.loss"] = facts["epoch.loss.images"] = "1";
        facts[name] = value;
        write_with_facts(checkpoint_of(run_), good.entries(), facts);
        const Snapshot before = snapshot();
        expect_refusal(vae({"--resume", "--out", run_, "--epochs", "4"}), 3, {checkpoint_of(run_), name, value});
        EXPECT_TRUE(snapshot() == before) << "something on the disk has changed";
    };
    expect_refused_fact("step", "-4");
    expect_refused_fact("step", "9223372036854775807");
    expect_refused_fact("epoch", "0");
    expect_refused_fact("epoch", "three");
    expect_refused_fact("position", "1000000000");
    expect_refused_fact("epoch.loss", "nan");
    expect_refused_fact("epoch.numbers", "Loss");
    expect_refused_fact("optimizer.steps", "many");
}

}  // namespace
}  // namespace sinter
