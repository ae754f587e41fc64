using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Http;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Upgrades;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

/// <summary>What comes from outside: of each kind one that is good, and how any other is judged. Tests bend them, and a fuzzer does.</summary>
internal sealed class OutsideInputs : IDisposable
{
    /// <summary>How many bytes of a stream come at once.</summary>
    public static readonly int[] Cuts = [1, 7, 100, 1000];

    private static readonly byte[] Table = Encoding.UTF8.GetBytes(
        """
        1
        # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_port
        4 ksmg 1 gw1 10.0.0.1 2 0 100 100 17 6 25
        4 ksmg 2 gw2 10.0.0.2 2 8 0 100 17 6 25

        # pxname,svname,qcur,qmax,scur,smax,slim,stot,status,check_status,agent_status,addr,
        ksmg,gw1,0,0,3,9,,118,UP,L7OK,,10.0.0.1:25,
        ksmg,"gw,2",0,0,0,9,,97,"no check",,L7OK,10.0.0.2:25,


        """.ReplaceLineEndings("\n"));

    private static readonly byte[] Cef = Encoding.UTF8.GetBytes(
        "<134>Nov 27 10:00:00 gw1 CEF:0|AO Kaspersky Lab|Kaspersky Secure Mail Gateway|2.1.0.7854|LMS_EV_X|An event|5|a=b c=d\n"
        + "96 <134>1 2026-11-27T10:00:00Z gw1 ksmg - - - CEF:0|AO Kaspersky Lab|Kaspersky Secure|2.1.0.7854|e|n|1|\n");

    private static readonly byte[] Answer =
        """{"data":{"emergencyMode":false,"nodes":[{"address":"10.0.0.1:9045","id":7,"hostName":"gw1","state":"available","build":"2.1.0.7854","synchronizedAt":"2026-01-01T00:00:00Z","problems":[{"code":"c","message":"m"}]}]},"error":null}"""u8
            .ToArray();

    private static readonly byte[] Configuration =
        """
        { "Ksmg": { "Credentials": { "UserName": "Administrator", "PasswordFile": "password.txt" }, "RequestLimit": "8s",
            "Nodes": [ { "Name": "gw1", "Address": "https://gw1.test", "ClusterAddress": "10.0.0.1:9045",
                         "Fingerprint": "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" },
                       { "Name": "gw2", "Address": "https://gw2.test:8443", "Smtp": "gw2.test:25" } ],
            "LoadBalancer": { "Kind": "HaProxy", "Endpoint": "127.0.0.1:19999", "Backend": "smtp", "Servers": { "gw1": "gw1", "gw2": "gw2" } },
            "Catalogue": { "get-node-status": [ { "from": "2.1.0.0", "path": "/web/api/status", "query": { "a": "b" } } ] },
            "Policy": { "DrainTimeout": "30min", "PauseAfter": "Each" } } }
        """u8.ToArray();

    private static readonly byte[] Cookie =
        "gw-XSRF-TOKEN=abc%20def; Path=/web; Domain=gw1.test; Max-Age=3600; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure; HttpOnly"u8.ToArray();

    /// <summary>Why the last one was refused that this thread judged.</summary>
    [ThreadStatic]
    private static Exception? _refusal;

    private readonly PackageFolder _folder = new();
    private readonly JmesPathLanguage _language = new();
    private readonly (FileUpgradeJournal Journal, string Path, string[] Written) _run;

    public OutsideInputs()
    {
        string root = _folder["runs"];
        FileUpgradeJournal journal = new(root);
        WriteAsync(journal).GetAwaiter().GetResult();
        _run = (journal, Directory.GetFiles(root, "journal.jsonl", SearchOption.AllDirectories).Single(), TextsOf(journal).GetAwaiter().GetResult());
        _folder.Write("password.txt", "a password"u8.ToArray());
        byte[] dialect = Golden("foreign.dialect.json");
        Kinds =
        [
            new("haproxy", Table, JudgeTable),
            new("syslog", Cef, JudgeSyslog),
            new("cookie", Cookie, JudgeCookie),
            new("answer", Answer, JudgeAnswer),
            new("dialect", Short(dialect), JudgeDialect, Slowness: 5),
            new("dialect-whole", dialect, JudgeDialect, Slowness: 5),
            new("har", Golden("own.har"), bytes => Only<FormatException>(() => DialectDraft.ReadAsync(new MemoryStream(bytes))), Slowness: 20),
            new("cluster", Configuration, JudgeConfiguration),
            new("journal", File.ReadAllBytes(_run.Path), JudgeJournal),
            new("form", "p\"a\r\ncket; name=\"x\".ktgz"u8.ToArray(), bytes => JudgeFormAsync(bytes).GetAwaiter().GetResult()),
            new("zip", Zip(), JudgeZip),
        ];
    }

    public IReadOnlyList<OutsideInput> Kinds { get; }

    public void Dispose() => _folder.Dispose();

    public static byte[] Zip() => new ZipBuilder { Comment = PackageFolder.Bytes(30), Zip64 = true }
        .Add(PackageFolder.Ktgz, PackageFolder.Bytes(300), e => e.Deflate().Descriptor = true)
        .Add("readme.txt", PackageFolder.Bytes(20))
        .Build();

    /// <summary>Why what is good is refused, which it never should be: bent, it would be refused for that, and nothing behind it be reached.</summary>
    public static Exception? RefusalOf(OutsideInput input)
    {
        _refusal = null;
        Assert.Null(input.Judge(input.Good));
        return _refusal;
    }

    public static async Task<byte[]> ReadAsync(string path)
    {
        UpdatePackage package = await UpdatePackage.OpenAsync(path);
        await package.VerifyAsync();
        return PackageFolder.ReadAll(package.Files.Single());
    }

    public static string? Only<TFault>(Func<Task> read)
        where TFault : Exception => Only<TFault, TFault>(read);

    /// <summary>The messages of a stream, received in pieces of a size.</summary>
    public static string Taken(byte[] bytes, int size)
    {
        SyslogStream stream = new(200);
        List<string> messages = [];
        for (int at = 0; at < bytes.Length;)
        {
            int count = Math.Min(Math.Min(size, bytes.Length - at), stream.Free.Length);
            bytes.AsSpan(at, count).CopyTo(stream.Free.Span);
            stream.Advance(count);
            at += count;
            while (stream.TryTake(out ReadOnlySpan<byte> message))
            {
                messages.Add(Convert.ToHexString(message));
            }
        }

        return string.Join(",", messages) + stream.Dropped;
    }

    /// <summary>What is wrong; nothing where it ends well, or with an exception that is promised.</summary>
    private static string? Only<TFault, TOther>(Func<Task> read)
        where TFault : Exception
        where TOther : Exception
    {
        try
        {
            read().GetAwaiter().GetResult();
            return null;
        }
        catch (Exception e) when (e is TFault or TOther)
        {
            _refusal = e;
            return e.Message.Length > 6000 ? "a message without an end" : null;
        }
    }

    private static string? JudgeTable(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        HaProxyAnswers.Modes(text, "ksmg");
        HaProxyAnswers.Addresses(text, "ksmg");
        HaProxyAnswers.Counts(text, "ksmg");
        HaProxyAnswers.Complaint(text);
        return null;
    }

    private static string? JudgeSyslog(byte[] bytes)
    {
        CefHeader.BuildOf(bytes);
        string whole = Taken(bytes, bytes.Length);
        return Array.TrueForAll(Cuts, size => Taken(bytes, size) == whole) ? null : "cut otherwise, there are other messages";
    }

    private static string? JudgeCookie(byte[] bytes)
    {
        NodeCookie.Read(Encoding.Latin1.GetString(bytes), new Uri("https://gw1.test/web/api/x"), DateTimeOffset.UnixEpoch);
        return null;
    }

    private static string? JudgeAnswer(byte[] bytes)
    {
        FakeNode node = new FakeNode().On("get-cluster-nodes", _ => new HttpResponseMessage { Content = new ByteArrayContent(bytes) });
        return Only<KsmgApiException>(async () => await node.Connect().Nodes.ListAsync().ToListAsync());
    }

    private string? JudgeDialect(byte[] bytes)
    {
        KsmgOptions options = new() { Dialect = _folder.Write("dialect.json", bytes), AnswerLanguage = _language };
        return Only<FormatException>(() => Task.FromResult(OperationCatalogue.Of(options)));
    }

    private string? JudgeConfiguration(byte[] bytes)
    {
        string path = _folder.Write("cluster.json", bytes);
        return Only<InvalidDataException, OptionsValidationException>(async () =>
        {
            await using ConfiguredCluster cluster = ConfiguredCluster.Create(ClusterFile.Load(path).Section);
        });
    }

    private string? JudgeJournal(byte[] bytes)
    {
        byte[] good = File.ReadAllBytes(_run.Path);
        File.WriteAllBytes(_run.Path, bytes);
        string? other = null;
        string? fault = Only<JournalException>(async () =>
        {
            string[] read = await TextsOf(_run.Journal);
            other = read.SequenceEqual(_run.Written.Take(read.Length)) ? null : "other records were read";
        });
        File.WriteAllBytes(_run.Path, good);
        return fault ?? other;
    }

    private static async Task<string?> JudgeFormAsync(byte[] bytes)
    {
        FileFrame frame = FileFrame.Form([("before", "value"), ("file", null), ("after", "1")], Encoding.UTF8.GetString(bytes), FileFrame.DefaultType);
        MultipartReader reader = new(frame.Type.Parameters.Single().Value!, new MemoryStream([.. frame.Head, .. "content"u8, .. frame.Tail]));
        List<string> sections = [];
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            sections.Add($"{section.ContentDisposition!.Split(';')[1].Trim()} {await new StreamReader(section.Body).ReadToEndAsync()}");
        }

        string[] wanted = ["name=\"before\" value", "name=\"file\" content", "name=\"after\" 1"];
        return sections.SequenceEqual(wanted) ? null : string.Join(" | ", sections);
    }

    private string? JudgeZip(byte[] bytes)
    {
        string path = _folder.Write("bent.zip", bytes);
        byte[]? ours = null;
        string? fault = Only<PackageException>(async () => ours = await ReadAsync(path));
        if (fault is not null || ours is null)
        {
            return fault;
        }

        return Framework(bytes) is { } theirs && !theirs.AsSpan().SequenceEqual(ours) ? "the framework reads other bytes" : null;
    }

    /// <summary>What the framework reads; <see langword="null"/>: nothing.</summary>
    private static byte[]? Framework(byte[] zip)
    {
        try
        {
            using ZipArchive archive = new(new MemoryStream(zip));
            using Stream entry = archive.GetEntry(PackageFolder.Ktgz)!.Open();
            using MemoryStream content = new();
            entry.CopyTo(content);
            return content.ToArray();
        }
        catch (Exception e) when (e is InvalidDataException or NullReferenceException or IOException or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>A dialect with a few of its operations: more of what is bent is then of their form.</summary>
    private static byte[] Short(byte[] dialect)
    {
        JsonObject whole = JsonNode.Parse(dialect, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!.AsObject();
        JsonObject operations = whole["operations"]!.AsObject();
        foreach (string operation in operations.Select(o => o.Key).Skip(5).ToArray())
        {
            operations.Remove(operation);
        }

        return Encoding.UTF8.GetBytes(whole.ToJsonString());
    }

    private static byte[] Golden(string file) => File.ReadAllBytes(Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "browser", file));

    private static async Task WriteAsync(FileUpgradeJournal journal)
    {
        await using RunLease lease = await journal.CreateAsync(JournalSamples.Plan(nodes: 1));
        await journal.AppendAsync(lease, JournalSamples.Full());
        await journal.AppendAsync(lease, JournalSamples.Observation("last"));
    }

    private static async Task<string[]> TextsOf(FileUpgradeJournal journal) =>
        [.. (await journal.ReadAsync("run-1")).Select(r => JsonSerializer.Serialize(r.Entry.Text?.ToString()))];
}
