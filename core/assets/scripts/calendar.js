import { Calendar } from "fullcalendar";
import zhCn from "fullcalendar/locales/zh-cn";
import dayGrid from "fullcalendar/daygrid";
import interaction from "fullcalendar/interaction";
import classic from "fullcalendar/themes/classic";
import timeGrid from "fullcalendar/timegrid";

console.log(Calendar, zhCn, dayGrid, interaction, classic, timeGrid);
