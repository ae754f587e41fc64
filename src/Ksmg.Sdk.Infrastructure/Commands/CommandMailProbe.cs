using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Test messages through a program of the user's: verbs <c>ask</c>, <c>send</c> and <c>find</c>.</summary>
public sealed class CommandMailProbe : IMailProbe, ISelfTest
{
    internal const string Port = "MailProbe";

    private readonly CommandProgram _program;

    /// <summary>Creates the adapter; nothing is started yet.</summary>
    /// <param name="options">The program.</param>
    /// <param name="timeProvider">The clock of the time limit; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public CommandMailProbe(CommandOptions options, TimeProvider? timeProvider = null) => _program = new CommandProgram(options, Port, timeProvider);

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, takes too long, or answers something else.</exception>
    public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) => AnswerAsync(node, cancellationToken, "ask", node);

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, takes too long, or answers something else.</exception>
    public Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default) =>
        AnswerAsync(node, cancellationToken, "send", node, messageId);

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, takes too long, or answers something else.</exception>
    public async Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default)
    {
        List<ProbeCopy> copies = [];
        foreach (CommandCopy copy in await _program.AskAsync(CommandJson.Default.ListCommandCopy, null, cancellationToken, "find", messageId)
            .ConfigureAwait(false))
        {
            BuildNumber? build = copy.Build is null ? null
                : BuildNumber.TryParse(copy.Build, out BuildNumber parsed) ? parsed
                : throw _program.Odd(["find", messageId], null, Words.Get("program.build", copy.Build), null);
            copies.Add(new ProbeCopy(copy.ReceivedAt, copy.ViaHost, build, copy.Databases));
        }

        return copies;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        _program.TestAsync(
            async () =>
            [
                .. await NodeTests.AskEachAsync(
                    nodes,
                    async node =>
                    {
                        ProbeAnswer answer = await AskAsync(node, cancellationToken).ConfigureAwait(false);
                        return answer.Accepted
                            ? new SelfTestResult(node, SelfTestOutcome.Works, answer.Text)
                            : new SelfTestResult(node, SelfTestOutcome.Fails, answer.Text, Words.Get("program.must-take"));
                    },
                    _program.Remedy).ConfigureAwait(false),
                .. await _program.TryEachAsync(
                    [_program.Subject],
                    async _ =>
                    {
                        await FindAsync(MailText.ImpossibleId, cancellationToken).ConfigureAwait(false);
                        return Words.Get("program.looks");
                    }).ConfigureAwait(false),
            ],
            cancellationToken);

    private async Task<ProbeAnswer> AnswerAsync(string node, CancellationToken cancellationToken, params string[] words)
    {
        CommandAnswer answer = await _program.AskAsync(CommandJson.Default.CommandAnswer, node, cancellationToken, words).ConfigureAwait(false);
        return new ProbeAnswer(answer.Accepted, Printable.OneLine(answer.Text));
    }
}
