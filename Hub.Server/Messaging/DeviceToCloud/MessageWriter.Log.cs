namespace Hub.Server.Messaging.DeviceToCloud;

internal sealed partial class MessageWriter
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.DeviceToCloud + 1, LogLevel.Error, "The message log refused a commit ({Fault}); ingest stops until it can be written again.")]
        public static partial void AppendFailed(ILogger logger, MessageLogFault fault, Exception exception);

        [LoggerMessage(EventIds.DeviceToCloud + 2, LogLevel.Information, "The message log can be written again; ingest goes on.")]
        public static partial void Resumed(ILogger logger);

        [LoggerMessage(EventIds.DeviceToCloud + 3, LogLevel.Critical, "The message writer has failed; the hub takes no more messages.")]
        public static partial void Ended(ILogger logger, Exception exception);

        [LoggerMessage(EventIds.DeviceToCloud + 4, LogLevel.Error, "A caller could not be told that its messages are not stored.")]
        public static partial void NotAnswered(ILogger logger, Exception exception);

        [LoggerMessage(EventIds.DeviceToCloud + 5, LogLevel.Error, "The hub starts without taking messages: {Reason}")]
        public static partial void NotWritable(ILogger logger, string reason);

        [LoggerMessage(EventIds.DeviceToCloud + 6, LogLevel.Error, "The message log could not even be tried; it is tried again each second.")]
        public static partial void ProbeFailed(ILogger logger, Exception exception);
    }
}
