using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>Which upload on a node is taken for our package, which is used, and what is sent; of gw3.</summary>
public sealed class UploadStepTests
{
    private const string Upload = "S7/gw3/0";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Fact]
    public void A_node_that_holds_no_package_gets_it_under_a_name_of_the_attempt()
    {
        CutRun run = Ready();
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Upload));
        Assert.Equal(Message.Of("apply.upload", run.Plan.Packages[0].Name, "gw3"), apply.Reason);
        AssertValues(apply, (Marks.Upload, Id(run, 1)));
    }

    /// <summary>What the attempt before left is deleted first, where it can be and bears our name.</summary>
    [Fact]
    public void The_next_attempt_deletes_what_the_one_before_left()
    {
        CutRun run = Ready();
        run.Intend(Upload, (Marks.Upload, Id(run, 1)));
        run.Outcome(Upload, StepOutcome.FailedNoEffect);
        AssertValues(Assert.IsType<Verdict.Apply>(run.Judge(Upload)), ("leftover", Id(run, 1)), (Marks.Upload, Id(run, 2)));

        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { Deletes = false } };
        AssertValues(Assert.IsType<Verdict.Apply>(run.Judge(Upload)), (Marks.Upload, Id(run, 2)));
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { NodeNames = true } };
        AssertValues(Assert.IsType<Verdict.Apply>(run.Judge(Upload)), ("namedBy", "node"), (Marks.Upload, Id(run, 2)));
    }

    /// <summary>What nothing but name and size tells apart from ours.</summary>
    [Fact]
    public void What_was_there_before_is_written_down_where_it_could_be_taken_for_ours()
    {
        CutRun run = Ready();
        UploadedUpdate like = Ours(run) with { Id = "7", Sha256 = null, IsComplete = false };
        Hold(run, like, like with { Id = "8", FileName = "other.zip" }, like with { Id = "9", SizeBytes = 1 }, like with { Id = "10", Sha256 = "ab" });
        Assert.Equal("7", Assert.IsType<Verdict.Apply>(run.Judge(Upload)).Values["before"]);
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { NodeNames = true } };
        Assert.Equal("7 8 9 10", Assert.IsType<Verdict.Apply>(run.Judge(Upload)).Values["before"]);

        // Of another run, by its name.
        Hold(run, like with { Id = "20260105-080000-abcd-gw3-0-1" });
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed };
        Assert.DoesNotContain("before", Assert.IsType<Verdict.Apply>(run.Judge(Upload)).Values.Keys);
    }

    [Fact]
    public void While_the_upload_is_under_way_it_is_waited_for()
    {
        CutRun run = Ready();
        run.Intend(Upload, (Marks.Upload, Id(run, 1)));
        run.InFlight.Add(StepKey.Parse(Upload));
        DateTimeOffset until = run.Now + run.Step(Upload).Timeout;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.upload", run.Plan.Packages[0].Name, "gw3"), until), run.Judge(Upload));
    }

    [Fact]
    public void A_node_that_does_not_say_what_it_holds_is_waited_for_and_then_goes_back()
    {
        CutRun run = Ready();
        run["gw3"] = run["gw3"] with { Uploads = null, Problem = "no answer" };
        DateTimeOffset until = run.Step(Upload).After.Max(k => run.Input.Run[k].OutcomeAt) + run.Step(Upload).Timeout;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.silent", "gw3", "no answer"), until), run.Judge(Upload));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.PutBack, Message.Of("stop.silent", "gw3", "no answer")), run.Judge(Upload));

        // Of one that cannot be asked nobody waits for an answer.
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { Lists = false } };
        Assert.IsType<Verdict.Apply>(run.Judge(Upload));
    }

    [Fact]
    public void An_upload_that_is_not_there_after_an_attempt_is_seen_to_be_missing()
    {
        CutRun run = Ready();
        run.Intend(Upload, (Marks.Upload, Id(run, 1)));
        string package = run.Plan.Packages[0].Name;
        Assert.Equal(new Verdict.NotInEffect(Message.Of("seen.no-upload", "gw3", package)), run.Judge(Upload));
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { Lists = false } };
        Assert.Equal(new Verdict.NotInEffect(Message.Of("seen.upload-untold", "gw3", package)), run.Judge(Upload));
    }

    [Fact]
    public void The_package_is_known_by_its_digest_whoever_brought_it()
    {
        CutRun run = Ready();
        UploadedUpdate ours = Ours(run);
        Hold(run, ours with { Sha256 = null, Id = Id(run, 1) }, ours with { Sha256 = ours.Sha256!.ToUpperInvariant() });
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Upload));
        Assert.Equal(Message.Of("done.upload", run.Plan.Packages[0].Name, ours.SizeBytes), done.Evidence);
        Assert.Equal([new KeyValuePair<string, string>(Marks.Upload, "up-9")], done.Values!);
    }

    [Theory]
    [InlineData("another digest")]
    [InlineData("not whole")]
    [InlineData("another size")]
    public void What_is_not_whole_or_something_else_is_not_our_package(string what)
    {
        CutRun run = Ready();
        UploadedUpdate ours = Ours(run) with { Id = Id(run, 1) };
        Hold(run, what switch
        {
            "another digest" => ours with { Sha256 = new string('0', 64) },
            "not whole" => ours with { IsComplete = false },
            _ => ours with { SizeBytes = ours.SizeBytes - 1 },
        });
        Assert.IsType<Verdict.Apply>(run.Judge(Upload));
    }

    /// <summary>Without a digest: what bears our name, or came since the intent under a name of the node's; and only where somebody agreed.</summary>
    [Fact]
    public void Without_a_digest_only_what_came_with_this_run_is_ours_and_a_human_agrees_to_it()
    {
        CutRun run = Ready();
        UploadedUpdate named = Ours(run) with { Id = Id(run, 1), Sha256 = null };
        Hold(run, named);
        Message reason = Message.Of("stop.upload-without-hash", "gw3", named.FileName, named.Id, UpgradeConsents.UploadWithoutHash);
        Assert.Equal(new Verdict.Stop(StopKind.PutBack, reason, Check: UpgradeConsents.UploadWithoutHash), run.Judge(Upload));
        run.Override(UpgradeConsents.UploadWithoutHash);
        Assert.IsType<Verdict.Done>(run.Judge(Upload));

        Hold(run, named with { Id = $"{run.Plan.RunId}-gw3-01-1" });
        Assert.IsType<Verdict.Apply>(run.Judge(Upload));

        // The node's own name: it was not there before our attempt.
        Hold(run, named with { Id = "7" });
        Assert.IsType<Verdict.Apply>(run.Judge(Upload));
        run.Intend(Upload, (Marks.Upload, Id(run, 1)), ("before", "5 6"));
        Assert.IsType<Verdict.Done>(run.Judge(Upload));
        Hold(run, named with { Id = "6" });
        Assert.IsType<Verdict.NotInEffect>(run.Judge(Upload));
        Hold(run, named with { Id = "7", FileName = "other.zip" });
        Assert.IsType<Verdict.NotInEffect>(run.Judge(Upload));
        Hold(run, named with { Id = "20260105-080000-abcd-gw3-0-1" });
        Assert.IsType<Verdict.NotInEffect>(run.Judge(Upload));
    }

    /// <summary>The answer to the upload is all there is to go by.</summary>
    [Fact]
    public void Where_the_node_cannot_be_asked_what_it_holds_its_answer_counts_when_a_human_agrees()
    {
        CutRun run = Ready();
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { Lists = false }, Uploads = null };
        run.Intend(Upload, (Marks.Upload, Id(run, 1)));
        run.Write(new JournalEntry
        {
            Kind = JournalEntryKind.Observation,
            Node = "gw3",
            Values = new Dictionary<string, string>(StringComparer.Ordinal) { [Marks.Kept + Id(run, 1)] = "\"77\"" },
        });
        string? told = run.Input.Run[StepKey.Parse(Upload)].ToldId;
        Assert.NotNull(told);
        PlannedPackage package = run.Plan.Packages[0];
        Message reason = Message.Of("stop.upload-untold", "gw3", package.Name, UpgradeConsents.UploadUnproven);
        Assert.Equal(new Verdict.Stop(StopKind.PutBack, reason, Check: UpgradeConsents.UploadUnproven), run.Judge(Upload));
        run.Override(UpgradeConsents.UploadUnproven);
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Upload));
        Assert.Equal((Message.Of("done.upload", package.Name, package.SizeBytes), told), (done.Evidence, done.Values![Marks.Upload]));
    }

    /// <summary>A start that was lost is harmless while its upload is gone. One that came since under the same id is what it would install.</summary>
    [Fact]
    public void An_upload_that_a_lost_start_would_install_is_not_used()
    {
        CutRun run = Lost(Marks.Gone);
        Message reason = Message.Of("stop.upload-id-again", "gw3", "up-9", UpgradeOverrides.LateStart);
        Assert.Equal(new Verdict.Stop(StopKind.Park, reason, Check: Checks.LateStart), run.Judge(Upload));
        Hold(run, Ours(run) with { Id = "up-10" });
        Assert.IsType<Verdict.Done>(run.Judge(Upload));

        run = Lost(Marks.Gone);
        run.Override(Checks.LateStart);
        Assert.IsType<Verdict.Done>(run.Judge(Upload));
        Assert.IsType<Verdict.Done>(Lost(Marks.Outwaited).Judge(Upload));
        Assert.IsType<Verdict.Done>(Lost(Marks.Arrived).Judge(Upload));
    }

    [Theory]
    [InlineData("20260105-080000-abcd-gw3-0-1", "20260105-080000-abcd")]
    [InlineData("20260105-080000-abcd-gw-with-dashes-0-1", "20260105-080000-abcd")]
    [InlineData("20260105-080000-abcd", null)]
    [InlineData("2026010x-080000-abcd-gw3-0-1", null)]
    [InlineData("20260105-08000x-abcd-gw3-0-1", null)]
    [InlineData("2026010-080000-abcd-gw3-0-1", null)]
    [InlineData("20260105-08000-abcd-gw3-0-1", null)]
    [InlineData("20260105-080000-abc-gw3-0-1", null)]
    [InlineData("7", null)]
    public void An_upload_names_the_run_it_came_with(string id, string? run) => Assert.Equal(run, UploadStep.RunOf(id));

    [Fact]
    public void An_upload_is_of_the_run_by_its_name_or_by_what_it_is()
    {
        CutRun run = Ready();
        UploadedUpdate ours = Ours(run);
        run.Plan = run.Plan with { Packages = [run.Plan.Packages[0], run.Plan.Packages[0] with { Name = "second.zip" }] };
        Assert.True(UploadStep.IsOfRun(ours with { Id = Id(run, 1), FileName = "other.zip" }, run.Plan));
        Assert.True(UploadStep.IsOfRun(ours with { Id = "7" }, run.Plan));
        Assert.False(UploadStep.IsOfRun(ours with { Id = "7", FileName = "other.zip" }, run.Plan));
        Assert.False(UploadStep.IsOfRun(ours with { Id = "7", SizeBytes = 1 }, run.Plan));
        Assert.False(UploadStep.IsOfRun(ours with { Id = "20260105-080000-abcd-gw3-0-1" }, run.Plan));
    }

    /// <summary>What cannot be accounted for is deleted before anybody looks.</summary>
    [Fact]
    public void What_came_since_under_a_name_that_nobody_read_may_be_of_the_attempt()
    {
        CutRun run = Ready();
        PlannedStep step = run.Step(Upload);
        UploadedUpdate held = Ours(run) with { Id = "7" };
        bool MayBe(UploadedUpdate upload, PlannedStep of) => UploadStep.MayBeOf(upload, run.Plan, of, run.Input.Run[of.Key]);
        run.Intend(Upload, (Marks.Upload, Id(run, 1)), ("before", "5 6"));
        Assert.False(MayBe(held, step));
        Assert.True(UploadStep.IsKnown(step, run.Input.Run[step.Key]));

        run.Intend(Upload, (Marks.Upload, Id(run, 1)), ("namedBy", "node"));
        Assert.True(MayBe(held, step));
        run.Intend(Upload, (Marks.Upload, Id(run, 1)), ("before", "5 6"), ("namedBy", "node"));
        Assert.True(MayBe(held, step));
        Assert.False(MayBe(held with { Id = "6" }, step));
        Assert.False(MayBe(held with { FileName = "other.zip" }, step));
        Assert.False(UploadStep.IsKnown(step, run.Input.Run[step.Key]));

        PlannedStep install = run.Step("S8/gw3/0");
        run.Intend("S8/gw3/0", (Marks.Upload, "7"), ("namedBy", "node"));
        Assert.False(MayBe(held, install));
        Assert.True(UploadStep.IsKnown(install, run.Input.Run[install.Key]));
    }

    [Fact]
    public void What_installs_as_it_comes_cannot_be_fenced()
    {
        CutRun run = Ready();
        Assert.True(UploadStep.IsFenceable(run.Plan, run.Step(Upload)));
        Assert.True(UploadStep.IsFenceable(run.Plan, run.Step("S8/gw3/0")));
        Assert.False(UploadStep.IsFenceable(run.Plan, run.Step("S9/gw3/0")));
        PlannedStep install = run.Step("S8/gw3/0");
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps.Where(s => s.Key.ToString() != Upload)] };
        Assert.False(UploadStep.IsFenceable(run.Plan, install));
    }

    [Fact]
    public async Task What_is_left_is_deleted_before_the_package_is_sent()
    {
        CutRun run = Ready();
        string package = run.Plan.Packages[0].Name;
        Assert.Equal($"gw3: upload {package} as a", await CalledNodes.OfAsync(run, Upload, (Marks.Upload, "a")));
        string both = $"gw3: delete z, gw3: upload {package} as a";
        Assert.Equal(both, await CalledNodes.OfAsync(run, Upload, (Marks.Upload, "a"), ("leftover", "z")));
    }

    [Fact]
    public async Task An_installation_is_started_or_is_the_upload()
    {
        CutRun run = Ready();
        Assert.Equal("gw3: install a", await CalledNodes.OfAsync(run, "S8/gw3/0", (Marks.Upload, "a")));
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps.Where(s => s.Key.ToString() != Upload)] };
        string sent = $"gw3: install by upload {run.Plan.Packages[0].Name} as a";
        Assert.Equal(sent, await CalledNodes.OfAsync(run, "S8/gw3/0", (Marks.Upload, "a")));
    }

    private static CutRun Ready()
    {
        CutRun run = new("before S7/gw3");
        Hold(run);
        return run;
    }

    /// <summary>An installation of our upload was tried, and this is proven of its request; now the upload is looked at again.</summary>
    private static CutRun Lost(string proof)
    {
        CutRun run = Ready();
        Hold(run, Ours(run));
        run.Intend("S8/gw3/0", (Marks.Upload, "up-9"));
        run.Outcome("S8/gw3/0", StepOutcome.Unknown, (Marks.Fence, proof));
        return run;
    }

    private static string Id(CutRun run, int attempt) => $"{run.Plan.RunId}-gw3-0-{attempt}";

    private static UploadedUpdate Ours(CutRun run)
    {
        PlannedPackage package = run.Plan.Packages[0];
        return new UploadedUpdate { Id = "up-9", FileName = package.Name, SizeBytes = package.SizeBytes, Sha256 = package.Sha256, IsComplete = true };
    }

    private static void Hold(CutRun run, params UploadedUpdate[] uploads) => run["gw3"] = run["gw3"] with { Uploads = uploads };

    private static void AssertValues(Verdict.Apply apply, params (string Name, string Value)[] values) =>
        Assert.Equal(values, apply.Values.Select(v => (v.Key, v.Value)).Order());
}
