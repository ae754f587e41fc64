using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Tests.Support;
using Xunit.Abstractions;
using static Ksmg.Sdk.Tests.Support.HostileAnswer;

namespace Ksmg.Sdk.Tests;

/// <summary>
/// Every call of every client against every answer that a node, or who stands in its place, may give, over real TLS, through the shipped catalogue and
/// through a dialect. Whatever it is: an end in bounded time with bounded memory, and an error of ours that names node and operation and holds
/// no secret and nothing that steers a terminal.
/// </summary>
[Trait("Category", "Slow")]
public sealed class HostileCallTests : IDisposable
{
    /// <summary>So many times as fast as the machine's clock run the limits and pauses of calls.</summary>
    private const int Hurry = 10;

    /// <summary>What a node gets rid of before nobody listens any more: the limit of an answer, and what HTTP and sockets hold beyond.</summary>
    private const long MostBytes = 24_000_000;

    private static readonly OperationCatalogue Shipped = OperationCatalogue.Of(new KsmgOptions());

    private readonly PackageFolder _folder = new();
    private readonly X509Certificate2 _certificate = MakeCertificate();
    private readonly ITestOutputHelper _output;

    public HostileCallTests(ITestOutputHelper output) => _output = output;

    public static TheoryData<string, bool> Answers
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (string name in HostileAnswers.All.Keys)
            {
                data.Add(name, false);
                data.Add(name, true);
            }

            return data;
        }
    }

    public static TheoryData<string, bool> Cuts
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (string name in HostileAnswers.Cuts.Keys)
            {
                data.Add(name, false);
                data.Add(name, true);
            }

            return data;
        }
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Every_operation_of_the_clients_is_called()
    {
        string[] named = [.. typeof(OperationNames).GetFields().Select(f => (string)f.GetRawConstantValue()!).Order(StringComparer.Ordinal)];

        Assert.Equal(named, HostileCalls.Operations.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Whatever_a_node_says_ends_in_time_with_an_error_of_ours(string name, bool dialect)
    {
        (string? says, Func<string, bool, HostileAnswer> answer) = HostileAnswers.All[name];
        await AttackAsync(
            dialect, HostileCalls.Operations, TimeSpan.FromMinutes(5), answer,
            (operation, result, fault) =>
            {
                // A command that is answered as it should be, and the calls of the login, of which nobody reads the data, may well succeed.
                bool succeeded = fault is null && (says is null || HasNoData(operation));
                return succeeded ? null : Judge(operation, says ?? "", fault, result);
            });
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{", " ", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{", " ", true)]
    [InlineData("HTTP/1.1 2", "0", false)]
    [InlineData("HTTP/1.1 200 OK\r\n", "X-A: b\r\n", false)]
    [InlineData("", "HTTP/1.1 103 Early Hints\r\n\r\n", false)]
    public async Task A_byte_now_and_then_ends_with_the_limit_of_the_call(string beginning, string again, bool dialect) =>
        await AttackAsync(
            dialect,
            // An upload has clocks of its own: UploadGuardTests.
            HostileCalls.Operations.Where(o => o != "upload-update"),
            TimeSpan.FromSeconds(8),
            (_, _) => Trickle(beginning, again, TimeSpan.FromMilliseconds(50)),

            // Whoever waits for a login may hear that his own call has not begun in time.
            (operation, result, fault) => Judge(
                    operation is "get-auth-info" or "user-login" && fault is KsmgApiException { Operation: "get-about" } ? "get-about" : operation,
                    "in time",
                    fault,
                    result)
                ?? (fault!.InnerException is TimeoutException ? null : operation + ": no time-out: " + fault));

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task The_same_answer_is_read_the_same_however_it_is_cut(string cut, bool dialect)
    {
        Dictionary<string, string> whole = [];
        await AttackAsync(
            dialect, HostileCalls.Operations, TimeSpan.FromMinutes(5),
            (good, d) => new HostileAnswer(Raw(Respond(HostileCalls.Good(good, d))).Pieces) { IsWhole = true },
            (operation, result, fault) =>
            {
                lock (whole)
                {
                    whole[operation] = result ?? "";
                }

                return fault is null ? null : $"{operation}: {fault}";
            });
        foreach (bool chunked in new[] { false, true })
        {
            await AttackAsync(
                dialect, HostileCalls.Operations, TimeSpan.FromMinutes(5),
                (good, d) => InPieces(
                    chunked ? HostileAnswers.Chunk(HostileCalls.Good(good, d)) : Respond(HostileCalls.Good(good, d)), HostileAnswers.Cuts[cut]),
                (operation, result, fault) => fault is null && whole[operation] == result ? null : $"{operation}: {fault?.ToString() ?? result}");
        }
    }

    [Fact]
    public async Task Nobody_is_asked_where_a_redirect_points_to()
    {
        int asked = 0;
        await using HostileNode other = new(_certificate, _ =>
        {
            Interlocked.Increment(ref asked);
            return Raw(Respond("{}"));
        });
        await AttackAsync(
            dialect: false, HostileCalls.Operations, TimeSpan.FromMinutes(5),
            (_, _) => Raw(Respond("", status: 307, more: $"Location: {other.Address}web/api/get-about\r\n")),
            (operation, result, fault) => Judge(operation, "points to " + other.Address, fault, result));

        Assert.Equal(0, asked);
    }

    /// <summary>A second answer that nobody asked for would else be taken for that of the next call.</summary>
    [Fact]
    public async Task An_answer_too_many_is_nobodys()
    {
        int asked = 0;
        await using HostileNode node = new(_certificate, request => Login(request, dialect: false, Shipped) ?? (Interlocked.Increment(ref asked) == 1
            ? new HostileAnswer(Raw([.. Respond("""{"data":{"version":"1.0"}}"""), .. Respond("""{"data":{"version":"9.9"}}""")]).Pieces) { IsWhole = true }
            : new HostileAnswer(Raw(Respond("""{"data":{"version":"2.0"}}""")).Pieces) { IsWhole = true }));
        using LogLines log = new();
        using KsmgCluster cluster = Connect(node, dialectFile: null, TimeSpan.FromMinutes(5), log);

        Assert.Equal("1.0", (await cluster["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit)).Version);
        Assert.Equal("2.0", (await cluster["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit)).Version);
    }

    [Fact]
    public async Task A_pin_that_changes_is_refused_until_the_new_one_is_known_too()
    {
        using X509Certificate2 renewed = MakeCertificate();
        await using HostileNode node = new(
            _certificate, request => Login(request, dialect: false, Shipped) ?? Raw(Respond("""{"data":{"version":"2.1"}}""", more: "Connection: close\r\n")));
        using LogLines log = new();
        using KsmgCluster pinned = Connect(node, dialectFile: null, TimeSpan.FromMinutes(5), log);
        using KsmgCluster told = Connect(node, dialectFile: null, TimeSpan.FromMinutes(5), log, renewed);
        Assert.Equal("2.1", (await pinned["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit)).Version);
        Assert.Equal("2.1", (await told["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit)).Version);
        node.Certificate = renewed;

        var e = await Assert.ThrowsAsync<KsmgCertificateException>(() => pinned["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit));

        Assert.Equal((ServerTrust.FingerprintOf(renewed), true), (e.PresentedFingerprint, e.HadNoEffect));
        Assert.Equal("2.1", (await told["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit)).Version);

        // A run may trust one more, and takes that back.
        pinned["gw1"].Updates.Trust(e.PresentedFingerprint);
        Assert.Equal("2.1", (await pinned["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit)).Version);
        pinned["gw1"].Updates.Trust(null);
        await Assert.ThrowsAsync<KsmgCertificateException>(() => pinned["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit));
    }

    /// <summary>A short version stands for many builds: it is never taken for one of them.</summary>
    [Theory]
    [InlineData("""{"version":"2.1"}""")]
    [InlineData("""{"version":"2.1.1","build":"2.1"}""")]
    [InlineData("""{"version":"2.1.1","build":"2.1.1"}""")]
    [InlineData("""{"version":"2.1.1.1.1","build":"2.1.1.-5"}""")]
    [InlineData("""{"version":"2.1.1","build":"2.1.1.99999999999"}""")]
    [InlineData("""{"version":"2.1.1","build":"\u001b[31m2.1.1.100"}""")]
    public async Task A_version_that_is_no_build_tells_none(string about)
    {
        FakeNode node = new FakeNode().On("get-about", about);

        Assert.Null((await node.Connect().Updates.GetAboutAsync()).Build);
    }

    private async Task AttackAsync(
        bool dialect,
        IEnumerable<string> operations,
        TimeSpan limit,
        Func<string, bool, HostileAnswer> answer,
        Func<string, string?, Exception?, string?> judge)
    {
        UpdatePackageFile package = await PackageAsync();
        string? file = dialect ? _folder.Write("dialect.json", Encoding.UTF8.GetBytes(HostileCalls.Dialect(Shipped))) : null;
        OperationCatalogue catalogue = OperationCatalogue.Of(new KsmgOptions { Dialect = file, AnswerLanguage = new JmesPathLanguage() });
        long began = TimeProvider.System.GetTimestamp();
        string?[] faults = await Task.WhenAll(operations.Select(AttackOneAsync)).WaitAsync(2 * Eventually.Limit);
        _output.WriteLine($"{TimeProvider.System.GetElapsedTime(began).TotalMilliseconds:0} ms");
        Assert.True(faults.All(f => f is null), string.Join("\n", faults.Where(f => f is not null)));

        async Task<string?> AttackOneAsync(string operation)
        {
            HostileAnswer hostile = answer(HostileCalls.Data(operation, package), dialect);
            await using HostileNode node = new(_certificate, request =>
            {
                string? asked = HostileCalls.Operation(request, catalogue);
                return asked == operation
                    ? WithCookies(hostile, operation)
                    : Login(request, dialect, catalogue)
                    ?? Good(asked == "list-updates" ? """{"packages":[]}""" : asked is null ? "{}" : HostileCalls.Data(asked, package), dialect);
            });
            using LogLines log = new();
            using KsmgCluster cluster = Connect(node, file, limit, log);
            string? result = null;
            Exception? fault = await Record.ExceptionAsync(async () => result = await HostileCalls.AskAsync(operation, cluster["gw1"], package));
            Assert.True(node.Asked > 0, operation + " was not asked");
            return judge(operation, result, fault)
                ?? (node.Said > MostBytes * node.Asked ? $"{operation}: {node.Said} bytes were taken in {node.Asked} answers" : null)
                ?? log.Written.FirstOrDefault(line =>
                    line.EnumerateRunes().Any(Steers) || Secrets(operation).Any(secret => line.Contains(secret, StringComparison.Ordinal)));
        }
    }

    /// <summary>What is wrong with an error; nothing where it is as it should be.</summary>
    private static string? Judge(string operation, string says, Exception? fault, string? result)
    {
        if (fault is not KsmgApiException e)
        {
            return $"{operation}: {(fault is null ? "no error" : "none of ours")}: {fault?.ToString() ?? result}";
        }

        string shown = e.Message + e.Code + e.Body;
        string? complaint = e switch
        {
            { Node: not "gw1" } => "does not name the node",
            _ when e.Operation != operation => "is told of " + e.Operation,
            _ when !e.Message.StartsWith($"gw1: {operation}: ", StringComparison.Ordinal) => "the message does not name node and operation",
            _ when !e.Message.Contains(says, StringComparison.Ordinal) => "does not say " + says,
            _ when shown.Length > 3000 => "is long",
            _ when shown.EnumerateRunes().Any(Steers) => "steers",
            _ when Array.Find(Secrets(operation), secret => (shown + e).Contains(secret, StringComparison.Ordinal)) is { } told => "tells " + told,
            _ => null,
        };
        return complaint is null ? null : $"{operation}: {complaint}: {fault}";
    }

    /// <summary>Ends a line, moves a cursor, turns the direction of writing.</summary>
    private static bool Steers(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool HasNoData(string operation) =>
        operation is "get-auth-info" or "user-login" || Shipped.Operations[operation].Single().Safety != CallSafety.Safe;

    /// <summary>The secrets there are by the time of a call: before the answers of a login there is no token, and no cookie.</summary>
    private static string[] Secrets(string operation) => operation switch
    {
        "get-auth-info" => [],
        "user-login" => [HostileCalls.Password, HostileCalls.Token],
        _ => [HostileCalls.Password, HostileCalls.Token, HostileCalls.Cookie],
    };

    /// <summary>The good answers of a login; <see langword="null"/>: the request is not of one.</summary>
    private static HostileAnswer? Login(HostileRequest request, bool dialect, OperationCatalogue catalogue) => HostileCalls.Operation(request, catalogue) switch
    {
        "get-auth-info" => Good("{}", dialect, $"Set-Cookie: gw-XSRF-TOKEN={HostileCalls.Token}; path=/; secure\r\n"),
        "user-login" => Good("""{"success":true}""", dialect, $"Set-Cookie: SID={HostileCalls.Cookie}; HttpOnly\r\n"),
        _ => null,
    };

    private static HostileAnswer Good(string data, bool dialect, string more = "") =>
        new(Raw(Respond(HostileCalls.Good(data, dialect), more: more)).Pieces) { IsHostile = false, IsWhole = true };

    /// <summary>
    /// What begins like a good answer to the first call of a login brings the token too, so that the login goes on; on another connection, since
    /// this one ends with the answer.
    /// </summary>
    private static HostileAnswer WithCookies(HostileAnswer answer, string operation) => operation is not "get-auth-info" ? answer : answer.After(
        GoodStatus, $"Set-Cookie: gw-XSRF-TOKEN={HostileCalls.Token}; path=/; secure\r\nConnection: close\r\n");

    private KsmgCluster Connect(HostileNode node, string? dialectFile, TimeSpan limit, LogLines log, params X509Certificate2[] others)
    {
        string[] pins = [.. others.Prepend(_certificate).Select(ServerTrust.FingerprintOf)];
        KsmgOptions options = new()
        {
            Credentials = new KsmgCredentials("Administrator", _ => ValueTask.FromResult(HostileCalls.Password)),
            Dialect = dialectFile,
            AnswerLanguage = new JmesPathLanguage(),
            RequestLimit = limit,
            ConnectTimeout = limit < Eventually.Limit ? limit : Eventually.Limit,
        };
        options.Nodes.Add("gw1", node.Address, ServerTrust.Pinned(pins), clusterAddress: "10.0.0.1:9045");
        return KsmgCluster.Create(options, log, new HurriedTime(Hurry));
    }

    private async Task<UpdatePackageFile> PackageAsync()
    {
        UpdatePackage package = await UpdatePackage.OpenAsync(_folder.Write(new ZipBuilder().Add(PackageFolder.Ktgz, PackageFolder.Bytes(5000))));
        await package.VerifyAsync();
        return package.Files[0];
    }

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 made = new CertificateRequest("CN=gw1", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
