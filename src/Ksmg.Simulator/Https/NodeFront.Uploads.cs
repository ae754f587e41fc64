using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Ksmg.Sdk;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Ksmg.Simulator;

internal sealed partial class NodeFront
{
    // The digest of what the node holds of unfinished uploads, so that they can be continued. As many as a node ever sees at once.
    private const int MaxUnfinished = 16;

    private readonly Dictionary<string, IncrementalHash> _hashes = new(StringComparer.Ordinal);

    private async Task<JsonObject> UploadAsync(HttpContext context, Caller caller, FaultPlan? plan)
    {
        IQueryCollection query = context.Request.Query;
        string id = query["uploadId"].FirstOrDefault() ?? string.Empty;
        long offset = Number(query["offset"].FirstOrDefault()) ?? 0;
        long length = context.Request.ContentLength ?? throw new ApiRefusal(411, "lengthRequired", "Content-Length is missing.");
        string boundary = Boundary(context.Request.ContentType);

        // The verdict comes before the first byte of the body is read, so that a client that waits for 100-continue sends nothing.
        long? totalBytes = Number(query["totalBytes"].FirstOrDefault());
        lock (_world.Gate)
        {
            _world.CatchUp();
            _node.RequireRights("upload-update", caller);
            _node.CheckUpload(id, totalBytes ?? length, offset);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        var reader = new MultipartReader(boundary, context.Request.Body, 1 << 16);
        MultipartSection section = await reader.ReadNextSectionAsync(context.RequestAborted).ConfigureAwait(false)
            ?? throw new ApiRefusal(400, "badMultipart", "There is no part.");
        string fileName = FileName(section, "application/octet-stream");
        long partBytes = length - Overhead(section, boundary);
        lock (_world.Gate)
        {
            id = _node.OpenUpload(id, fileName, totalBytes ?? partBytes, offset, caller).Id;
        }

        long cutAt = plan?.CutAt is { } fraction ? (long)(partBytes * fraction) : long.MaxValue;
        IncrementalHash hash = HashOf(id, offset);
        if (await ReceiveAsync(section.Body, id, hash, cutAt, caller, context.RequestAborted).ConfigureAwait(false))
        {
            throw new NodeConnectionException("cut", connected: true);
        }

        if (await reader.ReadNextSectionAsync(context.RequestAborted).ConfigureAwait(false) is not null)
        {
            throw new ApiRefusal(400, "badMultipart", "Exactly one field is expected.");
        }

        string sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        UploadedUpdate upload = _node.Carry("upload-update", caller, node => node.CompleteUpload(id, sha256, caller));
        _hashes.Remove(id);
        hash.Dispose();
        Applied(plan);
        return plan is { CutAt: not null } ? throw new NodeConnectionException("cut after the last byte", connected: true) : WireJson.Of(upload);
    }

    /// <summary>Takes the bytes of a part; <see langword="true"/> if it was cut on the way.</summary>
    private async Task<bool> ReceiveAsync(Stream part, string id, IncrementalHash hash, long cutAt, Caller caller, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        long received = 0;
        try
        {
            while (true)
            {
                int room = (int)Math.Min(buffer.Length, Math.Max(cutAt - received, 0));
                int count = room == 0 ? 0 : await part.ReadAsync(buffer.AsMemory(0, room), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                lock (_world.Gate)
                {
                    _node.ReceiveUpload(id, count);
                }

                hash.AppendData(buffer, 0, count);
                received += count;
            }

            bool cut = received == cutAt && await part.ReadAsync(buffer.AsMemory(0, 1), cancellationToken).ConfigureAwait(false) > 0;
            if (cut)
            {
                Cut();
            }

            return cut;
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            Cut();
            throw new NodeConnectionException("cut by the client", connected: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        void Cut()
        {
            lock (_world.Gate)
            {
                _world.CatchUp();
                _world.Request(Name, "upload-update", caller.Session, "cut");
                _node.CutUpload(id, caller);
            }
        }
    }

    private async Task<JsonObject> ImportCertificateAsync(HttpContext context, Caller caller)
    {
        string boundary = Boundary(context.Request.ContentType);
        var reader = new MultipartReader(boundary, context.Request.Body);
        MultipartSection section = await reader.ReadNextSectionAsync(context.RequestAborted).ConfigureAwait(false)
            ?? throw new ApiRefusal(400, "badMultipart", "There is no part.");
        _ = FileName(section, "application/x-pkcs12");
        using var content = new MemoryStream();
        await section.Body.CopyToAsync(content, context.RequestAborted).ConfigureAwait(false);
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadPkcs12(content.ToArray(), context.Request.Query["password"].FirstOrDefault());
        }
        catch (CryptographicException)
        {
            throw new ApiRefusal(200, "badCertificate", "The file or its password is wrong.");
        }

        return _node.Carry("create-mta-cert-imported", caller, _ =>
        {
            _importedCertificates.Add(certificate);
            _world.Effect(Name, "certificate-imported", caller, NodeCertificate.Fingerprint(certificate));
            return new JsonObject { ["id"] = _importedCertificates.Count };
        });
    }

    private IncrementalHash HashOf(string id, long offset)
    {
        if (offset > 0 && _hashes.TryGetValue(id, out IncrementalHash? begun))
        {
            return begun;
        }

        if (_hashes.Count >= MaxUnfinished)
        {
            foreach (IncrementalHash hash in _hashes.Values)
            {
                hash.Dispose();
            }

            _hashes.Clear();
        }

        return _hashes[id] = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    }

    private static string Boundary(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || type.Boundary.Length is 0 or > 70)
        {
            throw new ApiRefusal(415, "badMultipart", "multipart/form-data with a boundary is expected.");
        }

        return type.Boundary.Value!.StartsWith('"')
            ? throw new ApiRefusal(400, "badMultipart", "The boundary must not be quoted.")
            : type.Boundary.Value;
    }

    /// <summary>The file name of the one field, whose headers are what a browser sends.</summary>
    private static string FileName(MultipartSection section, string partType)
    {
        bool isFile = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? disposition)
            && disposition.DispositionType == "form-data"
            && HeaderUtilities.RemoveQuotes(disposition.Name) == "file";
        string name = isFile ? HeaderUtilities.RemoveQuotes(disposition!.FileName).ToString() : string.Empty;
        return (isFile, name.Length, disposition?.FileNameStar.HasValue, section.ContentType) switch
        {
            (false, _, _, _) => throw new ApiRefusal(400, "badMultipart", "The field 'file' is expected."),
            (_, 0, _, _) => throw new ApiRefusal(400, "badMultipart", "The file name is missing."),
            (_, _, true, _) => throw new ApiRefusal(400, "badMultipart", "filename* is not understood."),
            (_, _, _, var type) when type != partType => throw new ApiRefusal(400, "badMultipart", $"The part type {partType} is expected."),
            _ => name,
        };
    }

    /// <summary>The bytes of a multipart body with one part that are not the part's content.</summary>
    private static long Overhead(MultipartSection section, string boundary)
    {
        int headers = section.Headers!.Sum(header => Encoding.UTF8.GetByteCount($"{header.Key}: {header.Value}\r\n"));
        return $"--{boundary}\r\n".Length + headers + "\r\n".Length + $"\r\n--{boundary}--\r\n".Length;
    }

    private static long? Number(string? text) =>
        text is null ? null : long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
