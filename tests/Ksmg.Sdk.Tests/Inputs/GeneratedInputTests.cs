using System.Diagnostics;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests;

/// <summary>
/// Whatever comes from outside, bent at random: files, lines and answers that were good. Never another exception than the one that is promised,
/// and never more time than a moment. The same inputs each time; <c>KSMG_SEED</c> names others, <c>KSMG_INPUTS</c> more, as <c>eng/soak.sh</c> does.
/// </summary>
public sealed class GeneratedInputTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(20);

    private readonly PackageFolder _folder = new();
    private readonly OutsideInputs _inputs = new();

    public static TheoryData<string> Kinds
    {
        get
        {
            using OutsideInputs inputs = new();
            return [.. inputs.Kinds.Select(kind => kind.Name)];
        }
    }

    public void Dispose()
    {
        _folder.Dispose();
        _inputs.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_comes_from_outside_is_read_or_refused_as_promised(string kind)
    {
        OutsideInput input = _inputs.Kinds.Single(k => k.Name == kind);
        Hold(input.Good, input.Judge, input.Slowness);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_bent_is_good_to_begin_with(string kind) =>
        Assert.Null(OutsideInputs.RefusalOf(_inputs.Kinds.Single(k => k.Name == kind)));

    /// <summary>What was found once stays found: inputs that fuzzers and random runs came upon, by kind.</summary>
    [Fact]
    public void What_was_found_once_is_read_or_refused_as_promised()
    {
        string[] found = Directory.GetFiles(Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Inputs", "Kept"), "*", SearchOption.AllDirectories);

        Assert.NotEmpty(found);
        Assert.All(found, file => Assert.Null(
            _inputs.Kinds.Single(kind => kind.Name == Path.GetFileName(Path.GetDirectoryName(file))).Judge(File.ReadAllBytes(file))));
    }

    /// <summary>Found by bent lines: a line a little too long was taken where its end came with it.</summary>
    [Theory]
    [InlineData(200, 0)]
    [InlineData(201, 1)]
    [InlineData(205, 1)]
    [InlineData(300, 1)]
    public void A_line_is_too_long_or_not_however_it_comes(int length, int dropped)
    {
        byte[] line = Encoding.ASCII.GetBytes(new string('a', length) + "\nnext\n");
        string wanted = (dropped > 0 ? "" : Convert.ToHexString(line.AsSpan(0, length)) + ",") + Convert.ToHexString("next"u8) + dropped;

        Assert.All(OutsideInputs.Cuts, size => Assert.Equal(wanted, OutsideInputs.Taken(line, size)));
    }

    [ServerFact("unzip", "python3")]
    public async Task What_we_read_of_a_bent_ZIP_other_readers_read_too()
    {
        List<(string File, byte[] Read)> read = [];
        Hold(OutsideInputs.Zip(), bytes =>
        {
            string path = _folder.Write(string.Create(CultureInfo.InvariantCulture, $"{read.Count}.zip"), bytes);
            return OutsideInputs.Only<PackageException>(async () => read.Add((path, await OutsideInputs.ReadAsync(path))));
        }, slowness: 4);
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

    /// <param name="good">What is bent.</param>
    /// <param name="judge">What is wrong with how it is read; nothing where all is well.</param>
    /// <param name="slowness">How many times longer it takes to read than others: so many times fewer are tried.</param>
    private void Hold(byte[] good, Func<byte[], string?> judge, int slowness = 1)
    {
        int seed = Variables.Number("KSMG_SEED", 1);
        int count = Math.Max(20, Variables.Number("KSMG_INPUTS", 400) / slowness);
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
