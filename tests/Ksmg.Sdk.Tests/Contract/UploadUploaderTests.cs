using System.Net;
using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>What is done after each kind of failure. The node is a model that keeps what it gets; time is told, not waited for.</summary>
public sealed class UploadUploaderTests : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(45);
    private static readonly byte[] Content = Bytes(1_000_000);

    private readonly PackageFolder folder = new();
    private readonly ManualTime time = new() { Skips = TimeSpan.FromSeconds(4) };
    private readonly ModelNode node = new();
    private readonly Recorder<UploadProgress> progress = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_clean_upload_is_one_request()
    {
        UpdatePackageFile file = await OpenAsync();

        UploadedUpdate held = await UploadAsync(file);

        Assert.Equal(("run-gw1", true, Sha256(Content).ToUpperInvariant()), (held.Id, held.IsComplete, held.Sha256));
        Assert.Equal(["send run-gw1 0"], node.Calls);
        Assert.Equal(Sha256(Content), file.Sha256);
    }

    [Fact]
    public async Task A_lost_answer_is_found_by_asking()
    {
        node.Faults.Enqueue(new Fault { CutAt = Content.Length });

        UploadedUpdate held = await UploadAsync(await OpenAsync());

        Assert.Equal("run-gw1", held.Id);
        Assert.Equal(["send run-gw1 0", "list"], node.Calls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500_000)]
    [InlineData(999_000)]
    public async Task A_cut_upload_is_deleted_and_sent_anew_under_a_new_id(int cutAt)
    {
        node.Faults.Enqueue(new Fault { CutAt = cutAt });

        UploadedUpdate held = await UploadAsync(await OpenAsync());

        Assert.Equal("run-gw1-2", held.Id);
        Assert.Equal(["send run-gw1 0", "list", "delete run-gw1", "send run-gw1-2 0"], node.Calls);
        Assert.Equal(["run-gw1-2"], node.Uploads.Keys);
        Assert.Equal([1, 2], progress.Values.Select(p => p.Attempt).Distinct());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_the_node_can_go_on_only_the_rest_is_sent(bool verified)
    {
        UpdatePackageFile file = await OpenAsync(verified: verified);
        node.Faults.Enqueue(new Fault { CutAt = 700_000 });

        UploadedUpdate held = await UploadAsync(file, resumable: true);

        Assert.Equal(["send run-gw1 0", "list", "send run-gw1 700000"], node.Calls);
        Assert.Equal(Content, node.Uploads[held.Id]);
        Assert.Equal((700_000, 2), progress.Values.Where(p => p.Attempt == 2).Select(p => (p.SentBytes, p.Attempt)).First());
    }

    /// <summary>A node that names uploads and has lost ours while its rest went in: what was there before is still not ours.</summary>
    [Fact]
    public async Task What_was_there_before_is_not_taken_for_ours_after_going_on_either()
    {
        node.Uploads["before"] = Content[..300_000];
        node.Faults.Enqueue(new Fault { CutAt = 700_000 });
        node.Faults.Enqueue(new Fault { CutAt = 800_000, Forgets = true });

        UploadedUpdate held = await UploadAsync(await OpenAsync(), new UploadWay { Resumable = true, NodeNames = true });

        Assert.Equal("run-gw1-3", held.Id);
        Assert.Equal(["list", "send run-gw1 0", "list", "send run-gw1 700000", "list", "list", "send run-gw1-3 0"], node.Calls);
        Assert.Equal(300_000, node.Uploads["before"].Length);
    }

    [Fact]
    public async Task Nobody_is_asked_when_nothing_can_have_arrived()
    {
        node.Faults.Enqueue(new Fault { BeforeBody = new HttpRequestException("Connection refused") });

        UploadedUpdate held = await UploadAsync(await OpenAsync());

        Assert.Equal(["send run-gw1 0", "send run-gw1-2 0"], node.Calls);
        Assert.Equal("run-gw1-2", held.Id);
    }

    [Theory]
    [InlineData(HttpStatusCode.RequestEntityTooLarge, 1)]
    [InlineData(HttpStatusCode.Conflict, 1)]
    [InlineData(HttpStatusCode.InsufficientStorage, 1)]
    [InlineData(HttpStatusCode.ServiceUnavailable, 3)]
    [InlineData(HttpStatusCode.BadGateway, 3)]
    public async Task A_verdict_is_final_and_an_absence_is_not(HttpStatusCode status, int attempts)
    {
        for (int i = 0; i < attempts; i++)
        {
            node.Faults.Enqueue(new Fault { BeforeBody = new KsmgApiException("no") { Operation = "upload-update", Status = status } });
        }

        KsmgApiException refused = await Assert.ThrowsAsync<KsmgApiException>(async () => await UploadAsync(await OpenAsync()));

        Assert.Equal(status, refused.Status);
        Assert.Equal(attempts, node.Calls.Count);
        Assert.All(node.Calls, call => Assert.StartsWith("send", call, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_in_words_is_final_whatever_its_status()
    {
        node.Faults.Enqueue(
            new Fault { BeforeBody = new KsmgApiException("no") { Operation = "upload-update", Status = HttpStatusCode.OK, Code = "tooLarge" } });

        await Assert.ThrowsAsync<KsmgApiException>(async () => await UploadAsync(await OpenAsync()));

        Assert.Single(node.Calls);
    }

    [Fact]
    public async Task A_refused_login_is_final_and_an_expired_session_is_not()
    {
        node.Faults.Enqueue(
            new Fault { BeforeBody = new KsmgSessionExpiredException("expired") { Operation = "upload-update", Status = HttpStatusCode.Unauthorized } });
        node.Faults.Enqueue(
            new Fault { BeforeBody = new KsmgAuthenticationException("refused") { Operation = "user-login", Status = HttpStatusCode.Unauthorized } });

        await Assert.ThrowsAsync<KsmgAuthenticationException>(async () => await UploadAsync(await OpenAsync()));

        Assert.Equal(2, node.Calls.Count);
    }

    [Fact]
    public async Task A_damaged_package_is_not_sent_twice_and_leaves_nothing()
    {
        UpdatePackageFile file = await OpenAsync(e => e.Crc ^= 1);

        PackageException damaged = await Assert.ThrowsAsync<PackageException>(() => UploadAsync(file));

        Assert.Contains("CRC-32", damaged.Message, StringComparison.Ordinal);
        Assert.Equal(["send run-gw1 0", "list", "delete run-gw1"], node.Calls);
        Assert.Empty(node.Uploads);
    }

    [Fact]
    public async Task Other_bytes_on_the_node_are_deleted_and_sent_anew()
    {
        node.Faults.Enqueue(new Fault { Spoil = true });

        UploadedUpdate held = await UploadAsync(await OpenAsync());

        Assert.Equal(["send run-gw1 0", "list", "delete run-gw1", "send run-gw1-2 0"], node.Calls);
        Assert.Equal(Content, node.Uploads[held.Id]);
    }

    [Fact]
    public async Task A_node_that_proves_nothing_is_not_believed()
    {
        node.TellsHash = false;

        KsmgApiException failure = await Assert.ThrowsAsync<KsmgApiException>(async () => await UploadAsync(await OpenAsync()));

        Assert.Contains("SHA-256", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["send run-gw1 0", "list", "delete run-gw1"], node.Calls);
    }

    /// <summary>What bears our id can be deleted unseen; of what bears another one nobody can tell what became, and the caller decides.</summary>
    [Theory]
    [InlineData(500_000)]
    [InlineData(1_000_000)]
    public async Task Where_nobody_can_be_asked_only_an_id_of_ours_is_sent_anew(int cutAt)
    {
        node.Faults.Enqueue(new Fault { CutAt = cutAt });
        UploadedUpdate held = await UploadAsync(await OpenAsync(), new UploadWay { Lists = false });
        Assert.Equal("run-gw1-2", held.Id);
        Assert.Equal(["send run-gw1 0", "delete run-gw1", "send run-gw1-2 0"], node.Calls);

        node.Calls.Clear();
        node.Faults.Enqueue(new Fault { CutAt = cutAt });
        KsmgApiException lost = await Assert.ThrowsAsync<KsmgApiException>(
            async () => await UploadAsync(await OpenAsync(), new UploadWay { Lists = false, NodeNames = true }));
        Assert.False(lost.HadNoEffect);
        Assert.Equal(["send run-gw1 0"], node.Calls);
    }

    [Fact]
    public async Task The_attempts_are_bounded_and_the_last_failure_is_told()
    {
        for (int i = 0; i < 10; i++)
        {
            node.Faults.Enqueue(new Fault { CutAt = 100_000 });
        }

        KsmgApiException failure = await Assert.ThrowsAsync<KsmgApiException>(async () => await UploadAsync(await OpenAsync()));

        Assert.Equal(PackageUploader.MaxAttempts, node.Calls.Count(c => c.StartsWith("send", StringComparison.Ordinal)));
        Assert.Equal("gw1", failure.Node);
        Assert.IsType<HttpRequestException>(failure.InnerException);
        Assert.Empty(node.Uploads);
    }

    [Fact]
    public async Task A_node_that_says_nothing_is_asked_again_and_then_given_up()
    {
        node.Faults.Enqueue(new Fault { CutAt = 100_000 });
        node.ListFailures = 2;
        await UploadAsync(await OpenAsync());
        Assert.Equal(["send run-gw1 0", "list", "list", "list", "delete run-gw1", "send run-gw1-2 0"], node.Calls);

        node.Faults.Enqueue(new Fault { CutAt = 100_000 });
        node.ListFailures = 3;
        KsmgApiException failure = await Assert.ThrowsAsync<KsmgApiException>(async () => await UploadAsync(await OpenAsync()));
        Assert.Contains("does not say what it has", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_stands_still_is_given_up_by_the_clock()
    {
        node.Faults.Enqueue(new Fault { StandStillAt = 300_000 });
        node.StoodStill = () => time.Advance(IdleLimit);

        UploadedUpdate held = await UploadAsync(await OpenAsync());

        Assert.Equal("run-gw1-2", held.Id);
    }

    /// <summary>Whose machine slept, or whose process was stopped, finds a node that has waited: nothing stood still on its side.</summary>
    [Fact]
    public async Task What_was_slept_through_is_not_blamed_on_the_node()
    {
        node.Faults.Enqueue(new Fault { StandStillAt = 300_000, GoesOn = true });
        node.StoodStill = () => time.Sleep(TimeSpan.FromMinutes(10));

        UploadedUpdate held = await UploadAsync(await OpenAsync());

        Assert.Equal("run-gw1", held.Id);
        Assert.Equal(["send run-gw1 0"], node.Calls);
    }

    [Fact]
    public async Task Who_wakes_beside_a_node_that_stands_still_gives_it_up_in_its_time()
    {
        node.Faults.Enqueue(new Fault { StandStillAt = 300_000 });
        TimeSpan awake = TimeSpan.Zero;
        node.StoodStill = () =>
        {
            time.Sleep(TimeSpan.FromHours(1));
            while (node.IsSending)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                awake += TimeSpan.FromSeconds(1);
            }
        };

        UploadedUpdate held = await UploadAsync(await OpenAsync());

        Assert.Equal("run-gw1-2", held.Id);
        Assert.InRange(awake, IdleLimit - AwakeLimit.LongestPiece, IdleLimit);
    }

    [Fact]
    public async Task Standing_still_for_good_is_told_as_a_timeout()
    {
        for (int i = 0; i < PackageUploader.MaxAttempts; i++)
        {
            node.Faults.Enqueue(new Fault { StandStillAt = 300_000 });
        }

        node.StoodStill = () => time.Advance(IdleLimit);

        KsmgApiException failure = await Assert.ThrowsAsync<KsmgApiException>(async () => await UploadAsync(await OpenAsync()));

        Assert.IsType<TimeoutException>(failure.InnerException);
    }

    [Fact]
    public async Task The_caller_stops_an_upload_and_what_the_node_has_stays()
    {
        using CancellationTokenSource stop = new();
        node.Faults.Enqueue(new Fault { StandStillAt = 300_000 });
        node.StoodStill = stop.Cancel;
        UpdatePackageFile file = await OpenAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => UploadAsync(file, cancellationToken: stop.Token));

        Assert.Equal(["send run-gw1 0"], node.Calls);
        Assert.Single(node.Uploads);
    }

    [Fact]
    public void Progress_is_in_order_throttled_and_knows_the_rate()
    {
        Recorder<UploadProgress> reports = new();
        UploadMeter meter = new(reports, totalBytes: 10_000, time);
        meter.Begin(1, 0);
        for (int sent = 100; sent <= 10_000; sent += 100)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            meter.Sent(sent);
        }

        Assert.Equal([0, .. Enumerable.Range(1, 33).Select(i => i * 300L), 10_000], reports.Values.Select(p => p.SentBytes));
        Assert.All(reports.Values.Skip(1), p => Assert.Equal(1000, p.BytesPerSecond, 0.001));
        Assert.Null(reports.Values[0].Remaining);
        Assert.Equal(TimeSpan.FromSeconds(9.7), reports.Values[1].Remaining);
        Assert.Equal(TimeSpan.Zero, reports.Values[^1].Remaining);

        meter.Begin(2, 5_000);
        Assert.Equal((5_000, 0d, 2), (reports.Values[^1].SentBytes, reports.Values[^1].BytesPerSecond, reports.Values[^1].Attempt));
    }

    [Fact]
    public void The_rate_forgets_what_is_long_ago()
    {
        Recorder<UploadProgress> reports = new();
        UploadMeter meter = new(reports, totalBytes: 1_000_000, time);
        meter.Begin(1, 0);
        for (int second = 1; second <= 20; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            meter.Sent(second <= 10 ? second * 10_000 : 100_000 + ((second - 10) * 100));
        }

        Assert.Equal(100, reports.Values[^1].BytesPerSecond, 0.001);
    }

    private async Task<UpdatePackageFile> OpenAsync(Action<ZipBuilderEntry>? change = null, bool verified = false)
    {
        UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(Ktgz, Content, change)));
        if (verified)
        {
            await package.VerifyAsync();
        }

        return package.Files[0];
    }

    private Task<UploadedUpdate> UploadAsync(UpdatePackageFile file, bool resumable = false, CancellationToken cancellationToken = default) =>
        UploadAsync(file, new UploadWay { Resumable = resumable }, cancellationToken);

    private Task<UploadedUpdate> UploadAsync(UpdatePackageFile file, UploadWay way, CancellationToken cancellationToken = default) =>
        new PackageUploader("gw1", node, node.ReceiveAsync, way, time) { IdleLimit = IdleLimit }
            .UploadAsync("run-gw1", file, progress, cancellationToken).WaitAsync(Guard, CancellationToken.None);

    private sealed record Fault
    {
        public Exception? BeforeBody { get; init; }

        /// <summary>The place of the package at which the connection breaks; at its length, before the answer.</summary>
        public int CutAt { get; init; } = int.MaxValue;

        public int StandStillAt { get; init; } = int.MaxValue;

        /// <summary>Whether it then goes on.</summary>
        public bool GoesOn { get; init; }

        public bool Spoil { get; init; }

        /// <summary>Whether the node then has nothing of the upload any more.</summary>
        public bool Forgets { get; init; }
    }

    /// <summary>Keeps what arrives of each upload, and a list of all that was asked of it.</summary>
    private sealed class ModelNode : UpdatesClient
    {
        public List<string> Calls { get; } = [];

        public Queue<Fault> Faults { get; } = new();

        public Dictionary<string, byte[]> Uploads { get; } = [];

        public bool TellsHash { get; set; } = true;

        public int ListFailures { get; set; }

        public Action StoodStill { get; set; } = () => { };

        /// <summary>Whether the last attempt has not been given up.</summary>
        public bool IsSending { get; private set; }

        public async Task<UploadedUpdate?> ReceiveAsync(UploadPart part, CancellationToken cancellationToken)
        {
            (string uploadId, long offset, PackageUploadContent content) = (part.UploadId, part.Offset, part.Content!);
            Calls.Add($"send {uploadId} {offset}");
            Fault fault = Faults.TryDequeue(out Fault? next) ? next : new Fault();
            if (fault.BeforeBody is not null)
            {
                throw fault.BeforeBody;
            }

            IsSending = true;
            using CancellationTokenRegistration ended = cancellationToken.Register(() => IsSending = false);
            using Wire wire = new((int)offset, fault, StoodStill);
            try
            {
                await content.CopyToAsync(wire, cancellationToken);
            }
            finally
            {
                byte[] got = wire.ToArray()[wire.HeadLength..];
                byte[] before = Uploads.TryGetValue(uploadId, out byte[]? had) ? had[..(int)offset] : [];
                Uploads[uploadId] = [.. before, .. got.Take(Content.Length - (int)offset)];
                if (fault.Forgets)
                {
                    Uploads.Remove(uploadId);
                }
            }

            if (fault.Spoil)
            {
                Uploads[uploadId][5] ^= 1;
            }

            return fault.CutAt > Content.Length ? Describe(uploadId) : throw new HttpRequestException("The answer was lost.");
        }

        public override Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken = default)
        {
            Calls.Add("list");
            return ListFailures-- > 0
                ? throw new HttpRequestException("Connection refused")
                : Task.FromResult<IReadOnlyList<UploadedUpdate>>([.. Uploads.Keys.Select(Describe)]);
        }

        public override Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken = default)
        {
            Calls.Add($"delete {uploadId}");
            return Task.FromResult(Uploads.Remove(uploadId));
        }

        private UploadedUpdate Describe(string id)
        {
            byte[] bytes = Uploads[id];
            bool complete = bytes.Length == Content.Length;
            return new UploadedUpdate
            {
                Id = id,
                FileName = Ktgz,
                SizeBytes = Content.Length,
                ReceivedBytes = bytes.Length,
                IsComplete = complete,
                Sha256 = complete && TellsHash ? Sha256(bytes).ToUpperInvariant() : null,
            };
        }

        private sealed class Wire(int offset, Fault fault, Action stoodStill) : MemoryStream
        {
            public int HeadLength { get; private set; }

            public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
            {
                int place = offset + (int)Length - HeadLength;
                int end = Math.Min(fault.CutAt, fault.StandStillAt);
                if (HeadLength == 0)
                {
                    HeadLength = buffer.Length;
                }
                else if (place <= end && end < Content.Length && place + buffer.Length > end)
                {
                    Write(buffer.Span[..(end - place)]);
                    if (fault.CutAt <= end)
                    {
                        throw new IOException("Broken pipe");
                    }

                    stoodStill();
                    await Task.Delay(fault.GoesOn ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, cancellationToken);
                    buffer = buffer[(end - place)..];
                }

                Write(buffer.Span);
            }
        }
    }
}
