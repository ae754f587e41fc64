using System.Collections.Concurrent;
using Ksmg.Sdk.Upgrades;
using MimeKit;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>The sending half of a probe: the nodes of a cluster, each at its own SMTP address.</summary>
internal sealed class NodeSmtp
{
    private readonly SmtpProbeOptions _options;
    private readonly KsmgCluster _cluster;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, SmtpSender> _senders;
    private readonly ConcurrentDictionary<string, string> _hostNames = new(StringComparer.OrdinalIgnoreCase);

    public NodeSmtp(SmtpProbeOptions options, KsmgCluster cluster, TimeProvider time)
    {
        (_options, _cluster, _time) = (options, cluster, time);
        _senders = cluster.Nodes.Where(node => node.Smtp is { Length: > 0 }).ToDictionary(
            node => node.Name,
            node => new SmtpSender(
                HostPort.Parse(node.Smtp) ?? throw new KsmgException(Words.Get("probe.address", node.Name, node.Smtp)) { Node = node.Name },
                options.SmtpTls,
                options.SmtpTrust(node.Name).Resolve(),
                options.HelloName,
                options.SmtpTimeout,
                time),
            StringComparer.OrdinalIgnoreCase);
    }

    public string MessageIdDomain => _options.MessageIdDomain is { Length: > 0 } domain ? domain : MailText.DomainOf(_options.From);

    public async Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken)
    {
        SmtpOutcome outcome = await Sender(node).AskAsync(_options.From, [_options.To], account: null, cancellationToken).ConfigureAwait(false);
        return new ProbeAnswer(outcome.Accepted, outcome.Text);
    }

    public async Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken)
    {
        CheckMessageId(messageId);
        MimeMessage message = MailText.Compose(
            messageId, _options.From, [_options.To], Words.Get("probe.mail-subject"),
            Words.Get("probe.mail-text", node),
            _time.GetUtcNow());
        SmtpOutcome outcome = await Sender(node).SendAsync(_options.From, [_options.To], message, account: null, cancellationToken).ConfigureAwait(false);

        // "Refused" would be a proof that nothing arrives, and there is none.
        return outcome.IsUnknown
            ? throw new KsmgException(
                Words.Get("probe.no-answer", node, messageId, outcome.Text))
            { Node = node }
            : new ProbeAnswer(outcome.Accepted, outcome.Text);
    }

    /// <summary>What the headers of copies prove.</summary>
    public async Task<IReadOnlyList<ProbeCopy>> JudgeAsync(
        IReadOnlyList<(DateTimeOffset? ReceivedAt, MessageHeaders Headers)> copies, CancellationToken cancellationToken)
    {
        if (copies.Count > 0)
        {
            await AskHostNamesAsync(cancellationToken).ConfigureAwait(false);
        }

        List<string[]> names = [
            .. _cluster.Nodes.Select(node => _hostNames.TryGetValue(node.Name, out string? host) ? [host, node.Name] : new[] { node.Name })];
        return [.. copies.Select(copy => copy.Headers.ToCopy(copy.ReceivedAt, names))];
    }

    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken) =>
        await Task.WhenAll(nodes.Select(async node =>
        {
            string subject = Words.Get("probe.subject", node);
            if (!_senders.ContainsKey(node))
            {
                return new SelfTestResult(subject, SelfTestOutcome.Fails, NoAddress(node), Words.Get("probe.set-smtp-such-as"));
            }

            ProbeAnswer answer = await AskAsync(node, cancellationToken).ConfigureAwait(false);
            return new SelfTestResult(
                subject, answer.Accepted ? SelfTestOutcome.Works : SelfTestOutcome.Fails, answer.Text,
                answer.Accepted ? null : Words.Get("probe.must-take", _options.From, _options.To));
        })).ConfigureAwait(false);

    /// <summary>A Message-ID goes into a header and into a search.</summary>
    /// <exception cref="ArgumentException">It could end either.</exception>
    public static void CheckMessageId(string messageId)
    {
        ArgumentNullException.ThrowIfNull(messageId);
        if (messageId.Length is < 3 or > 500
            || messageId is not ['<', .., '>']
            || !messageId[1..^1].All(c => c is > ' ' and < '\x7f' and not ('<' or '>' or '"' or '\\')))
        {
            throw new ArgumentException("A Message-ID in angle brackets is expected, without spaces, quotes and backslashes.", nameof(messageId));
        }
    }

    /// <summary>Asks the nodes what they are called now: an update may change it. Who does not answer keeps the name it had.</summary>
    private async Task AskHostNamesAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(_cluster.Nodes.Select(async node =>
        {
            try
            {
                if ((await node.Nodes.GetStatusAsync(cancellationToken).ConfigureAwait(false)).HostName is { Length: > 0 } host)
                {
                    _hostNames[node.Name] = host;
                }
            }
            catch (KsmgException)
            {
                // Without its name a copy cannot be told to have come through this node; that the copy is there is still worth telling.
            }
        })).ConfigureAwait(false);

    private SmtpSender Sender(string node) =>
        _senders.GetValueOrDefault(node) ?? throw new KsmgException(Words.Get("probe.set-smtp", NoAddress(node))) { Node = node };

    private static string NoAddress(string node) => Words.Get("probe.no-address", node);
}
