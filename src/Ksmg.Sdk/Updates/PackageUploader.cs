using System.Globalization;
using System.Net;
using Ksmg.Sdk.Packages;

namespace Ksmg.Sdk;

/// <summary>
/// Sends one attempt of operation <c>upload-update</c> and reads its answer. Any failure is thrown as <see cref="KsmgException"/>,
/// or as it came from the transport. The request carries <c>Expect: 100-continue</c>, so that a refusal arrives before the first byte.
/// </summary>
/// <param name="part">What is sent.</param>
/// <param name="cancellationToken">Cancels the attempt; given to <c>SendAsync</c>, as the transport ignores it in single writes.</param>
/// <returns>What the node tells of the upload; <see langword="null"/> of a part that is not the last.</returns>
internal delegate Task<UploadedUpdate?> SendUpload(UploadPart part, CancellationToken cancellationToken);

/// <summary>
/// Brings a package to a node. Nothing is repeated before the node was asked what it has: it may have all of it though the answer
/// was lost, a part to go on from, or a part to delete. A repeated attempt is a new upload with a new id, as the node refuses to
/// install what was deleted. Where nobody can be asked, nothing counts but an answer: without one, what bears our id is deleted and sent
/// anew, and what bears an id that nobody was told is left to the caller.
/// </summary>
internal sealed class PackageUploader(string nodeName, UpdatesClient node, SendUpload send, UploadWay way, TimeProvider time)
{
    /// <summary>How often is tried, and how often a node that does not answer is asked what it has.</summary>
    public const int MaxAttempts = 3;

    /// <summary>How long connecting, the TLS handshake and the verdict before the first byte may take.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long not one buffer may leave, while this process is awake.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the node may take to answer when it has all bytes: it hashes and stores them.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>Whether size and name do where the node tells no SHA-256; the caller judges what that is worth.</summary>
    public bool AcceptsWithoutSha256 { get; init; }

    /// <summary>The id under which an attempt uploads.</summary>
    public static string IdOf(string uploadId, int attempt) =>
        attempt == 1 ? uploadId : string.Create(CultureInfo.InvariantCulture, $"{uploadId}-{attempt}");

    /// <summary>
    /// Uploads; returns what the node proves to hold. Its id may differ from the one given: by a suffix <c>-2</c>, <c>-3</c>, or as the node
    /// names it.
    /// </summary>
    public async Task<UploadedUpdate> UploadAsync(
        string uploadId, UpdatePackageFile package, IProgress<UploadProgress>? progress, CancellationToken cancellationToken)
    {
        UploadMeter meter = new(progress, package.SizeBytes, time);
        if (way.Installs)
        {
            return await InstallAsync(uploadId, package, meter, cancellationToken).ConfigureAwait(false);
        }

        string id = uploadId;
        long offset = 0;
        IReadOnlyList<UploadedUpdate> before = [];
        for (int attempt = 1; ; attempt++)
        {
            // What the node names itself is known by not having been there, also after going on.
            before = offset == 0 ? await BeforeAsync(cancellationToken).ConfigureAwait(false) : before;
            meter.Begin(attempt, offset);
            using AwakeLimit clock = new(ConnectLimit, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
            Attempt sending = new(package, sent => Sent(sent, package, clock, meter));

            KsmgException failure;
            UploadedUpdate? held = null;
            try
            {
                held = await SendAsync(sending, id, offset, before, either.Token, cancellationToken).ConfigureAwait(false);
                id = held!.Id;
                failure = Unproven(held);
            }
            catch (Exception e) when (IsFault(e) && !cancellationToken.IsCancellationRequested)
            {
                failure = sending.SourceFault ?? Describe(e, clock.IsOver);
            }

            package.Sha256 ??= sending.Sha256;
            if (held is null || !Proves(held, package))
            {
                held = sending.HasStarted ? await LookBehindAsync(held, id, package, before, failure, cancellationToken).ConfigureAwait(false) : null;
            }

            if (held is not null && Proves(held, package))
            {
                return held;
            }

            bool isLost = !way.Lists && sending.HasStarted && held is null;
            bool final = attempt == MaxAttempts || IsFinal(failure) || held is { IsComplete: true, Sha256: null } || isLost;
            bool goesOn = way.Resumable && !final && held is { IsComplete: false }
                && held.SizeBytes == package.SizeBytes && held.ReceivedBytes < package.SizeBytes;
            if (held is not null && !goesOn)
            {
                await DeleteAsync(held.Id, failure, cancellationToken).ConfigureAwait(false);
            }

            if (final)
            {
                throw failure;
            }

            (id, offset) = goesOn ? (held!.Id, held.ReceivedBytes) : (IdOf(uploadId, attempt + 1), 0);
            await PauseAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Brings a package to a node that installs it at once: one attempt, and nothing that it may have installed is ever sent again. Only what
    /// cannot have reached it whole certainly had no effect.
    /// </summary>
    private async Task<UploadedUpdate> InstallAsync(string id, UpdatePackageFile package, UploadMeter meter, CancellationToken cancellationToken)
    {
        IReadOnlyList<UploadedUpdate> before = way.PieceBytes is not null ? await BeforeAsync(cancellationToken).ConfigureAwait(false) : [];
        meter.Begin(1, 0);
        using AwakeLimit clock = new(ConnectLimit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        Attempt sending = new(package, sent => Sent(sent, package, clock, meter));
        try
        {
            UploadedUpdate? held = await SendAsync(sending, id, 0, before, either.Token, cancellationToken).ConfigureAwait(false);
            return held ?? new UploadedUpdate { Id = id, FileName = package.Name, SizeBytes = package.SizeBytes, ReceivedBytes = package.SizeBytes };
        }
        catch (Exception e) when (IsFault(e) && !cancellationToken.IsCancellationRequested)
        {
            KsmgException failure = sending.SourceFault ?? Describe(e, clock.IsOver);
            throw failure is PackageException or KsmgApiException { HadNoEffect: true } || sending.Begun == package.SizeBytes
                ? failure
                : Failure(Words.Get("upload.not-whole", failure.Message), failure, hadNoEffect: true);
        }
    }

    /// <summary>What is there already, where that tells apart what the node names itself.</summary>
    private async Task<IReadOnlyList<UploadedUpdate>> BeforeAsync(CancellationToken cancellationToken) =>
        way is { NodeNames: true, Lists: true } ? await node.ListUploadsAsync(cancellationToken).ConfigureAwait(false) : [];

    private async Task<UploadedUpdate?> SendAsync(
        Attempt sending, string id, long offset, IReadOnlyList<UploadedUpdate> before, CancellationToken clock, CancellationToken cancellationToken) =>
        way.PieceBytes is { } pieceBytes
            ? await SendPiecesAsync(sending, id, pieceBytes, before, clock, cancellationToken).ConfigureAwait(false)
            : await sending.SendAsync(send, new UploadPart(id) { Offset = offset }, null, clock).ConfigureAwait(false);

    private void Sent(long sent, UpdatePackageFile package, AwakeLimit clock, UploadMeter meter)
    {
        clock.Restart(sent < package.SizeBytes ? IdleLimit : AnswerLimit);
        meter.Sent(sent);
    }

    /// <summary>
    /// Sends a package in pieces. After the failure of one the node is asked how much it has: the piece is sent again only where it has none of
    /// it, and what cannot be told, or asked, begins anew with the whole upload.
    /// </summary>
    private async Task<UploadedUpdate?> SendPiecesAsync(
        Attempt sending, string id, long pieceBytes, IReadOnlyList<UploadedUpdate> before, CancellationToken clock, CancellationToken cancellationToken)
    {
        UpdatePackageFile package = sending.Package;
        long count = Math.Max(1, (package.SizeBytes + pieceBytes - 1) / pieceBytes);
        using PieceReading reading = new(package, pieceBytes);
        if (way.Begin is not null)
        {
            await send(new UploadPart(id) { Count = count, IsLast = false }, clock).ConfigureAwait(false);
        }

        UploadedUpdate? held = null;
        int failures = 0;
        for (long index = 0; index < count; index++)
        {
            bool isLast = index == count - 1 && way.Commit is null;
            UploadPart piece = new(id) { Offset = index * pieceBytes, Index = index, Count = count, IsLast = isLast };
            long end = Math.Min(package.SizeBytes, piece.Offset + pieceBytes);
            try
            {
                held = await sending.SendAsync(send, piece, reading, clock).ConfigureAwait(false);
                failures = 0;
            }
            catch (Exception e) when (IsFault(e)
                && way.Lists && !clock.IsCancellationRequested && !isLast && sending.SourceFault is null && ++failures < MaxAttempts)
            {
                KsmgException failure = Describe(e, timedOut: false);
                if (IsFinal(failure))
                {
                    throw;
                }

                UploadedUpdate? known = await AskAsync(id, package, before, failure, cancellationToken).ConfigureAwait(false);
                if (known?.ReceivedBytes == piece.Offset || known is null && piece.Offset == 0 && e is KsmgApiException { HadNoEffect: true })
                {
                    index--;
                }
                else if (known?.ReceivedBytes != end)
                {
                    throw;
                }
            }
        }

        return way.Commit is null ? held : await send(new UploadPart(id) { Count = count }, clock).ConfigureAwait(false);
    }

    /// <summary>Complete, of the right size, and with the SHA-256 of the very bytes that were read here.</summary>
    private bool Proves(UploadedUpdate held, UpdatePackageFile package) =>
        held.IsComplete && held.SizeBytes == package.SizeBytes && package.Sha256 is not null
        && (held.Sha256 is null ? AcceptsWithoutSha256 : string.Equals(held.Sha256, package.Sha256, StringComparison.OrdinalIgnoreCase));

    private static bool IsFault(Exception e) =>
        e is KsmgException or HttpRequestException or IOException or TimeoutException or OperationCanceledException;

    /// <summary>A verdict that another attempt would only meet again.</summary>
    private static bool IsFinal(KsmgException failure) => failure switch
    {
        PackageException or KsmgAuthenticationException => true,
        KsmgSessionExpiredException => false,
        KsmgApiException
        {
            Status: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
        } => false,
        KsmgApiException api => api.Code is not null || api.Status is not (null or HttpStatusCode.OK),
        _ => false,
    };

    /// <summary>What the node has of an upload that did not end well; where it cannot be asked: what it may have, as far as there is an id for it.</summary>
    private async Task<UploadedUpdate?> LookBehindAsync(
        UploadedUpdate? told,
        string id,
        UpdatePackageFile package,
        IReadOnlyList<UploadedUpdate> before,
        KsmgException failure,
        CancellationToken cancellationToken)
    {
        if (way.Lists)
        {
            return await AskAsync(id, package, before, failure, cancellationToken).ConfigureAwait(false);
        }

        return told ?? (way.NodeNames ? null : new UploadedUpdate { Id = id, FileName = package.Name });
    }

    private async Task<UploadedUpdate?> AskAsync(
        string id, UpdatePackageFile package, IReadOnlyList<UploadedUpdate> before, KsmgException failure, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                IReadOnlyList<UploadedUpdate> uploads = await node.ListUploadsAsync(cancellationToken).ConfigureAwait(false);

                // A node that names uploads itself may hold all of it under an id that it could not tell any more.
                UploadedUpdate? known = uploads.FirstOrDefault(u => u.Id == id) ?? uploads.FirstOrDefault(u => u.Sha256 is not null && Proves(u, package));
                if (known is not null || !way.NodeNames)
                {
                    return known;
                }

                List<UploadedUpdate> news = [.. uploads.Where(u => u.FileName == package.Name && before.All(b => b.Id != u.Id))];
                return news.Find(u => Proves(u, package)) ?? news.FirstOrDefault();
            }
            catch (Exception e) when (IsFault(e) && !cancellationToken.IsCancellationRequested)
            {
                if (attempt == MaxAttempts)
                {
                    throw Failure(Words.Get("upload.unknown-rest", Printable.OneLine(id), e.Message), failure);
                }
            }

            await PauseAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A leftover that cannot be deleted must not hide why it is one.</summary>
    private async Task DeleteAsync(string id, KsmgException failure, CancellationToken cancellationToken)
    {
        try
        {
            await node.DeleteUploadAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (KsmgMissingOperationException)
        {
            // Where nothing can be deleted the leftover stays; the next attempt is an upload of its own.
        }
        catch (Exception e) when (IsFault(e) && !cancellationToken.IsCancellationRequested)
        {
            throw Failure(Words.Get("upload.not-deleted", Printable.OneLine(id), e.Message), failure);
        }
    }

    private Task PauseAsync(int attempt, CancellationToken cancellationToken) => Task.Delay(FirstPause * (1 << (attempt - 1)), time, cancellationToken);

    private KsmgException Describe(Exception e, bool timedOut) => e switch
    {
        _ when timedOut =>
            Failure(
                Words.Get("upload.stood-still", ConnectLimit.TotalSeconds, IdleLimit.TotalSeconds, AnswerLimit.TotalMinutes),
                new TimeoutException(e.Message, e)),
        KsmgException own => own,
        _ => Failure(Words.Get("upload.cut", e.Message), e),
    };

    private KsmgApiException Unproven(UploadedUpdate held) => Failure(
        held.Sha256 is null
            ? Words.Get("upload.unproven", Printable.OneLine(held.Id))
            : Words.Get("upload.other-bytes", Printable.OneLine(held.Sha256), Printable.OneLine(held.Id)),
        innerException: null);

    private KsmgApiException Failure(string message, Exception? innerException, bool hadNoEffect = false) =>
        new($"{nodeName}: {OperationNames.UploadUpdate}: {message}", innerException)
        {
            Operation = OperationNames.UploadUpdate,
            Node = nodeName,
            HadNoEffect = hadNoEffect,
        };

    /// <summary>What is known of one attempt, whatever became of its calls.</summary>
    private sealed class Attempt(UpdatePackageFile package, Action<long> onSent)
    {
        public UpdatePackageFile Package => package;

        /// <summary>Whether the node may have got anything.</summary>
        public bool HasStarted { get; private set; }

        /// <inheritdoc cref="PackageUploadContent.Begun"/>
        public long Begun { get; private set; }

        /// <inheritdoc cref="PackageUploadContent.SourceFault"/>
        public PackageException? SourceFault { get; private set; }

        /// <inheritdoc cref="PackageUploadContent.Sha256"/>
        public string? Sha256 { get; private set; }

        public async Task<UploadedUpdate?> SendAsync(SendUpload send, UploadPart part, PieceReading? pieces, CancellationToken cancellationToken)
        {
            using PackageUploadContent content = new(package, part.Offset, onSent, pieces: pieces);
            try
            {
                return await send(part with { Content = content }, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                HasStarted |= content.HasStarted || part.Index > 0;
                Begun = Math.Max(Begun, content.Begun);
                SourceFault ??= content.SourceFault;
                Sha256 ??= content.Sha256;
            }
        }
    }
}
