using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>The program behind a port: verbs go to it as arguments, answers come as JSON on standard output.</summary>
internal sealed class CommandProgram
{
    /// <summary>EX_USAGE: the program does not know the verb.</summary>
    private const int NotOffered = 64;

    private readonly CommandOptions _options;
    private readonly string _port;
    private readonly ProcessRunner _runner;

    public CommandProgram(CommandOptions options, string port, TimeProvider? time)
    {
        (_options, _port, _runner) = (options.Checked(port), port, new ProcessRunner(time ?? TimeProvider.System));
    }

    /// <summary>Asks for something and reads the answer.</summary>
    public async Task<T> AskAsync<T>(JsonTypeInfo<T> shape, string? node, CancellationToken cancellationToken, params string[] words)
    {
        ProcessResult result = await DoAsync(node, cancellationToken, words).ConfigureAwait(false);
        try
        {
            return PrintedJson.Read(result.Output.Span, shape);
        }
        catch (JsonException e)
        {
            throw Odd(words, node, e.Message, e);
        }
    }

    /// <summary>Orders something; an exit code other than 0 is a failure.</summary>
    public async Task<ProcessResult> DoAsync(string? node, CancellationToken cancellationToken, params string[] words)
    {
        ProcessResult result = await RunAsync(node, words, default, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? result : throw Failed(words, node, result);
    }

    /// <summary>Hands something over on standard input.</summary>
    public async Task TellAsync(string verb, byte[] input, CancellationToken cancellationToken)
    {
        ProcessResult result = await RunAsync(null, [verb], input, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw Failed([verb], null, result);
        }
    }

    /// <summary>
    /// The program's own test where it offers one, and what the port can ask without an effect: a program that says yes to everything has
    /// answered nothing.
    /// </summary>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(Func<Task<IReadOnlyList<SelfTestResult>>> ask, CancellationToken cancellationToken)
    {
        List<SelfTestResult> results = [];
        try
        {
            ProcessResult result = await RunAsync(null, ["test"], default, cancellationToken).ConfigureAwait(false);
            if (result.ExitCode is not (0 or NotOffered))
            {
                throw Failed(["test"], null, result);
            }

            if (result.ExitCode == 0)
            {
                results.Add(new SelfTestResult(Subject, SelfTestOutcome.Works, Words.Get("program.own-test-succeeded")));
            }

            results.AddRange(await ask().ConfigureAwait(false));
        }
        catch (KsmgException e)
        {
            results.Add(new SelfTestResult(Subject, SelfTestOutcome.Fails, e.Message, Remedy));
        }

        return results;
    }

    /// <summary>Tries a question about each node.</summary>
    public Task<IReadOnlyList<SelfTestResult>> TryEachAsync(IReadOnlyList<string> nodes, Func<string, Task<string>> ask) => NodeTests.AskEachAsync(
        nodes, async node => new SelfTestResult(node, SelfTestOutcome.Works, await ask(node).ConfigureAwait(false)), Remedy);

    public string Subject => Words.Get("program.subject", _port, _options.Program);

    /// <summary>An answer that is JSON and yet not what the contract says.</summary>
    public KsmgException Odd(string[] words, string? node, string what, Exception? cause) =>
        new(Words.Get("program.odd", Call(words), Printable.OneLine(what).TrimEnd('.')), cause) { Node = node };

    public string Remedy => Words.Get("program.by-hand", _options.Program);

    private KsmgException Failed(string[] words, string? node, ProcessResult result) =>
        new(
            Words.Get("program.failed", Call(words), result.ExitCode, result.Complaint.TrimEnd('.')),
            null)
        { Node = node };

    private string Call(string[] words) => $"{_port}: '{_options.Program} {string.Join(' ', words)}'";

    private async Task<ProcessResult> RunAsync(string? node, string[] words, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            return await _runner.RunAsync(
                new ProcessCall(_options.Program, _options.Arguments.Concat(words), _options.Timeout) { Input = input, Node = node },
                cancellationToken).ConfigureAwait(false);
        }
        catch (KsmgException e)
        {
            throw new KsmgException($"{Call(words)}: {e.Message}", e) { Node = node };
        }
    }
}
