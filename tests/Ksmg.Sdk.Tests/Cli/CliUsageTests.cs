using Ksmg.Cli;

namespace Ksmg.Sdk.Tests;

public sealed class CliUsageTests
{
    [Theory]
    [InlineData]
    [InlineData("bogus")]
    [InlineData("nodes", "extra")]
    [InlineData("upgrade")]
    [InlineData("upgrade", "--package", "x", "--pause-after", "sometimes")]
    [InlineData("upgrade", "--package", "x", "--plan", "y")]
    [InlineData("upgrade", "--plan", "y", "--pause-after", "none")]
    [InlineData("upgrade", "--plan", "y", "--policy", "z")]
    [InlineData("plan", "--package", "x", "--format", "pdf")]
    [InlineData("queue", "gw1", "--messages", "--most", "0")]
    [InlineData("completion", "csh")]
    [InlineData("plan", "--package", "x", "--from", "2.0")]
    [InlineData("package", "inspect")]
    [InlineData("package", "upload", "x", "--to", "http://10.0.0.1")]
    [InlineData("simulate", "--nodes", "0")]
    [InlineData("simulate", "--nodes", "many")]
    [InlineData("simulate", "--speed", "-1")]
    [InlineData("simulate", "--clusters", "0")]
    [InlineData("simulate", "--clusters", "3", "--nodes", "1")]
    [InlineData("simulate", "--clusters", "3", "--port", "20000")]
    [InlineData("simulate", "--clusters", "3", "--faults", "x")]
    [InlineData("demo", "--size", "big")]
    [InlineData("demo", "--storm")]
    [InlineData("rehearse")]
    [InlineData("dialect")]
    [InlineData("dialect", "draft", "--har", "x")]
    [InlineData("dialect", "guess")]
    public async Task What_is_not_understood_ends_with_64_and_says_where_help_is(params string[] args)
    {
        CliAnswer answer = await CliFixture.RunAsync(args);

        Assert.Equal(64, answer.ExitCode);
        Assert.Empty(answer.Output);
        Assert.Contains("--help' shows what is possible.", answer.Error);
        Assert.DoesNotContain("   at ", answer.Error);
    }

    [Fact]
    public async Task A_missing_cluster_file_is_named_with_what_to_do()
    {
        CliAnswer answer = await CliFixture.RunAsync("nodes", "-c", "no-such-cluster.json");

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains("no-such-cluster.json", answer.Line);
        Assert.Contains("-c FILE", answer.Line);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("upgrade", "--help")]
    [InlineData("package", "inspect", "-h")]
    [InlineData("dialect", "draft", "--help")]
    [InlineData("dialect", "check", "--help")]
    public async Task Help_goes_to_standard_output(params string[] args)
    {
        CliAnswer answer = await CliFixture.RunAsync(args);

        Assert.Equal(0, answer.ExitCode);
        Assert.Contains("Usage:", answer.Output);
        Assert.Empty(answer.Error);
    }

    [Theory]
    [InlineData("64MiB", 64L << 20)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("2gb", 2_000_000_000)]
    [InlineData("700", 700)]
    [InlineData("10KiB", 10240)]
    public void Sizes_are_read_as_people_write_them(string text, long bytes) => Assert.Equal(bytes, Units.ParseBytes(text));

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1MiB")]
    [InlineData("1TB2")]
    [InlineData("99999999999999999999GiB")]
    public void What_is_no_size_is_not_guessed(string text) => Assert.Null(Units.ParseBytes(text));
}
