using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Http;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Upgrades;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests;

/// <summary>
/// Whatever comes from outside, bent at random: files, lines and answers that were good. Never another exception than the one that is promised,
/// and never more time than a moment. The same inputs each time; <c>KSMG_SEED</c> names others, <c>KSMG_INPUTS</c> more, as <c>eng/soak.sh</c> does.
/// </summary>
public sealed class GeneratedInputTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>How many bytes come at once.</summary>
    private static readonly int[] Cuts = [1, 7, 100, 1000];

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(20);

    private static readonly byte[] Table = Encoding.UTF8.GetBytes(
        """
        1
        # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status
        4 ksmg 1 gw1 10.0.0.1 2 0 100 100 17 6
        4 ksmg 2 gw2 10.0.0.2 2 8 0 100 17 6

        # pxname,svname,qcur,qmax,scur,smax,slim,stot,status,addr,
        ksmg,gw1,0,0,3,9,,118,UP,10.0.0.1:25,
        ksmg,"gw,2",0,0,0,9,,97,"no check",10.0.0.2:25,

        """.ReplaceLineEndings("\n"));

    private static readonly byte[] Cef = Encoding.UTF8.GetBytes(
        "<134>Nov 27 10:00:00 gw1 CEF:0|AO Kaspersky Lab|Kaspersky Secure Mail Gateway|2.1.0.7854|LMS_EV_X|An event|5|a=b c=d\n"
        + "96 <134>1 2026-11-27T10:00:00Z gw1 ksmg - - - CEF:0|AO Kaspersky Lab|Kaspersky Secure|2.1.0.7854|e|n|1|\n");

    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_table_of_the_balancer_is_read_or_is_none() => Hold(Table, bytes =>
    {
        string text = Encoding.UTF8.GetString(bytes);
        HaProxyAnswers.Modes(text, "ksmg");
        HaProxyAnswers.Addresses(text, "ksmg");
        HaProxyAnswers.Counts(text, "ksmg");
        HaProxyAnswers.Complaint(text);
        return null;
    });

    [Fact]
    public void A_line_of_syslog_tells_a_build_or_none_and_the_same_however_it_is_cut() => Hold(Cef, bytes =>
    {
        CefHeader.BuildOf(bytes);
        string whole = Taken(bytes, bytes.Length);
        return Array.TrueForAll(Cuts, size => Taken(bytes, size) == whole) ? null : "cut otherwise, there are other messages";
    });

    /// <summary>Found by the test above: a line a little too long was taken where its end came with it.</summary>
    [Theory]
    [InlineData(200, 0)]
    [InlineData(201, 1)]
    [InlineData(205, 1)]
    [InlineData(300, 1)]
    public void A_line_is_too_long_or_not_however_it_comes(int length, int dropped)
    {
        byte[] line = Encoding.ASCII.GetBytes(new string('a', length) + "\nnext\n");
        string wanted = (dropped > 0 ? "" : Convert.ToHexString(line.AsSpan(0, length)) + ",") + Convert.ToHexString("next"u8) + dropped;

        Assert.All(Cuts, size => Assert.Equal(wanted, Taken(line, size)));
    }

    [Fact]
    public void A_cookie_is_read_or_left_out() => Hold(
        "gw-XSRF-TOKEN=abc%20def; Path=/web; Domain=gw1.test; Max-Age=3600; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure; HttpOnly"u8.ToArray(),
        bytes =>
        {
            NodeCookie.Read(Encoding.Latin1.GetString(bytes), new Uri("https://gw1.test/web/api/x"), DateTimeOffset.UnixEpoch);
            return null;
        });

    [Fact]
    public void An_answer_is_read_or_refused() => Hold(
        """{"data":{"emergencyMode":false,"nodes":[{"address":"10.0.0.1:9045","id":7,"hostName":"gw1","state":"available","build":"2.1.0.7854","synchronizedAt":"2026-01-01T00:00:00Z","problems":[{"code":"c","message":"m"}]}]},"error":null}"""u8
            .ToArray(),
        bytes =>
        {
            FakeNode node = new FakeNode().On("get-cluster-nodes", _ => new HttpResponseMessage { Content = new ByteArrayContent(bytes) });
            return Only<KsmgApiException>(async () => await node.Connect().Nodes.ListAsync().ToListAsync());
        });

    [Fact]
    public void A_dialect_is_read_or_refused()
    {
        string dialect = File.ReadAllText(Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "browser", "foreign.dialect.json"));
        JmesPathLanguage language = new();
        Hold(Encoding.UTF8.GetBytes(dialect[..2500] + "}]}}"), bytes => Read(bytes), most: 5);
        Hold(Encoding.UTF8.GetBytes(dialect), bytes => Read(bytes), most: 5);

        string? Read(byte[] bytes)
        {
            KsmgOptions options = new() { Dialect = _folder.Write("dialect.json", bytes), AnswerLanguage = language };
            return Only<FormatException>(() => Task.FromResult(OperationCatalogue.Of(options)));
        }
    }

    [Fact]
    public void A_recording_is_read_or_refused()
    {
        byte[] har = File.ReadAllBytes(Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "browser", "own.har"));
        Hold(har, bytes => Only<FormatException>(() => DialectDraft.ReadAsync(new MemoryStream(bytes))), most: 20);
    }

    [Fact]
    public void A_configuration_is_read_or_refused() => Hold(
        """
        { "Ksmg": { "UserName": "Administrator", "PasswordFile": "password.txt", "RequestLimit": "8s",
            "Nodes": [ { "Name": "gw1", "Address": "https://gw1.test", "ClusterAddress": "10.0.0.1:9045", "Fingerprint": "sha256:00" },
                       { "Name": "gw2", "Address": "https://gw2.test:8443", "Smtp": "gw2.test:25" } ],
            "Catalogue": { "get-about": [ { "from": "2.1.0.0", "path": "/web/api/about", "query": { "a": "b" } } ] },
            "Policy": { "DrainTimeout": "30min", "PauseAfterEachNode": true } } }
        """u8.ToArray(),
        bytes =>
        {
            string path = _folder.Write("cluster.json", bytes);
            return Only<InvalidDataException, OptionsValidationException>(async () =>
            {
                await using ConfiguredCluster cluster = ConfiguredCluster.Create(ClusterFile.Load(path).Section);
            });
        });

    [Fact]
    public async Task A_journal_is_read_as_it_was_or_refused()
    {
        string root = _folder["runs"];
        FileUpgradeJournal journal = new(root);
        await using RunLease lease = await journal.CreateAsync(JournalSamples.Plan(nodes: 1));
        await journal.AppendAsync(lease, JournalSamples.Full());
        await journal.AppendAsync(lease, JournalSamples.Observation("last"));
        string path = Directory.GetFiles(root, "journal.jsonl", SearchOption.AllDirectories).Single();
        byte[] good = await File.ReadAllBytesAsync(path);
        string[] written = [.. (await journal.ReadAsync("run-1")).Select(r => JsonSerializer.Serialize(r.Entry.Text?.ToString()))];
        Hold(good, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            string? other = null;
            return Only<JournalException>(async () =>
            {
                string[] read = [.. (await new FileUpgradeJournal(root).ReadAsync("run-1")).Select(r => JsonSerializer.Serialize(r.Entry.Text?.ToString()))];
                other = read.SequenceEqual(written.Take(read.Length)) ? null : "other records were read";
            }) ?? other;
        });
        await File.WriteAllBytesAsync(path, good);
    }

    [Fact]
    public void A_form_holds_one_file_whatever_it_is_called() => Hold(
        "p\"a\r\ncket; name=\"x\".ktgz"u8.ToArray(),
        bytes => Task.Run(async () =>
        {
            FileFrame frame = FileFrame.Form([("before", "value"), ("file", null), ("after", "1")], Encoding.UTF8.GetString(bytes), FileFrame.DefaultType);
            MultipartReader reader = new(
                frame.Type.Parameters.Single().Value!, new MemoryStream([.. frame.Head, .. "content"u8, .. frame.Tail]));
            List<string> sections = [];
            while (await reader.ReadNextSectionAsync() is { } section)
            {
                sections.Add($"{section.ContentDisposition!.Split(';')[1].Trim()} {await new StreamReader(section.Body).ReadToEndAsync()}");
            }

            string[] wanted = ["name=\"before\" value", "name=\"file\" content", "name=\"after\" 1"];
            return sections.SequenceEqual(wanted) ? null : string.Join(" | ", sections);
        }).GetAwaiter().GetResult());

    [Fact]
    public void A_bent_ZIP_is_read_as_it_was_or_refused() => Hold(Zip(), bytes =>
    {
        string path = _folder.Write("bent.zip", bytes);
        byte[]? ours = null;
        string? fault = Only<PackageException>(async () => ours = await ReadAsync(path));
        if (fault is not null || ours is null)
        {
            return fault;
        }

        return Framework(bytes) is { } theirs && !theirs.AsSpan().SequenceEqual(ours) ? "the framework reads other bytes" : null;
    });

    [ServerFact("unzip", "python3")]
    public async Task What_we_read_of_a_bent_ZIP_other_readers_read_too()
    {
        List<(string File, byte[] Read)> read = [];
        Hold(Zip(), bytes =>
        {
            string path = _folder.Write(string.Create(CultureInfo.InvariantCulture, $"{read.Count}.zip"), bytes);
            return Only<PackageException>(async () => read.Add((path, await ReadAsync(path))));
        }, most: 4);
        string list = _folder.Write("list", Encoding.UTF8.GetBytes(string.Join('\n', read.Select(r => r.File)) + "\n"));
        string script = _folder.Write("readers.sh", Encoding.UTF8.GetBytes(
            $$"""
            while read -r file; do
              unzip -p "$file" '{{PackageFolder.Ktgz}}' >"$file.unzip" 2>"$file.said" </dev/null || [ $? = 1 ] || rm "$file.unzip"
            done <'{{list}}'
            python3 - '{{list}}' <<'E'
            import sys, zipfile
            for file in open(sys.argv[1]).read().split():
                try:
                    data = zipfile.ZipFile(file).read("{{PackageFolder.Ktgz}}")
                    open(file + ".python", "wb").write(data)
                except Exception:
                    pass
            E
            """.ReplaceLineEndings("\n")));
        using Process shell = Process.Start(new ProcessStartInfo("sh", [script]))!;
        await shell.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(0, shell.ExitCode);
        int compared = 0;
        foreach ((string file, byte[] ours) in read)
        {
            foreach (string theirs in new[] { file + ".unzip", file + ".python" }.Where(File.Exists))
            {
                compared++;
                Assert.True(File.ReadAllBytes(theirs).AsSpan().SequenceEqual(ours), $"{theirs}: {Convert.ToBase64String(File.ReadAllBytes(file))}");
            }
        }

        output.WriteLine($"{read.Count} were read by us, {compared} comparisons");
        Assert.True(compared > 0);
    }

    /// <summary>The messages of a stream, received in pieces of a size.</summary>
    private static string Taken(byte[] bytes, int size)
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

    private static byte[] Zip() => new ZipBuilder { Comment = PackageFolder.Bytes(30), Zip64 = true }
        .Add(PackageFolder.Ktgz, PackageFolder.Bytes(300), e => e.Deflate().Descriptor = true)
        .Add("readme.txt", PackageFolder.Bytes(20))
        .Build();

    private static async Task<byte[]> ReadAsync(string path)
    {
        UpdatePackage package = await UpdatePackage.OpenAsync(path);
        await package.VerifyAsync();
        return PackageFolder.ReadAll(package.Files.Single());
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

    private static string? Only<TFault>(Func<Task> read)
        where TFault : Exception => Only<TFault, TFault>(read);

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
            return e.Message.Length > 6000 ? "a message without an end" : null;
        }
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <param name="good">What is bent.</param>
    /// <param name="judge">What is wrong with how it is read; nothing where all is well.</param>
    /// <param name="most">How many times fewer inputs than of others: it takes longer to read.</param>
    private void Hold(byte[] good, Func<byte[], string?> judge, int most = 1)
    {
        int seed = Number("KSMG_SEED", 1);
        int count = Math.Max(20, Number("KSMG_INPUTS", 400) / most);
        output.WriteLine($"KSMG_SEED={seed} KSMG_INPUTS={count}");
        Assert.Null(judge(good));
        Config config = Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd((ulong)seed), FSharpOption<int>.None)));
        int judged = 0;
        Check.One(config, Prop.ForAll(BentBytes.Bends, bends =>
        {
            judged++;
            byte[] bent = BentBytes.Apply(good, bends);
            long began = TimeProvider.System.GetTimestamp();
            string? fault;
            try
            {
                fault = judge(bent);
            }
            catch (Exception e)
            {
                fault = e.ToString();
            }

            fault ??= TimeProvider.System.GetElapsedTime(began) > Moment ? "it took longer than a moment" : null;
            return fault is null ? true : throw new InvalidOperationException($"{fault}\nthe input in Base64: {Convert.ToBase64String(bent)}");
        }));
        Assert.Equal(count, judged);
    }
}
